# `make` alone lists the targets. PYTHON names another interpreter: make run PYTHON=/usr/bin/python3.12
PY := .venv/bin/python
PYTHON ?=
export PYTHON
.PHONY: help setup run test lint bench wheel demo-assets gallery figures lock clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup:  ## Install what is missing into .venv, and start nothing
	@tools/setup.sh run

run:  ## Install what is missing, then start gruviz on its demo
	@tools/require-display.sh
	@tools/setup.sh run
	$(PY) -m gruviz demo

test:  ## Install what is missing, then run the whole suite on virtual displays; ARGS="-k gates" picks tests
	@tools/setup.sh dev
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint:  ## Check style, formatting, types, and which room imports which
	@tools/setup.sh dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo

bench:  ## Measure speed and memory; fails if a row misses its goal
	@tools/setup.sh dev
	$(PY) -m benchmarks

wheel:  ## Build dist/gruviz-*.whl
	@tools/setup.sh dev
	$(PY) -m build --wheel --no-isolation

demo-assets:  ## Train the demo's network and record it anew
	@tools/setup.sh run
	$(PY) tools/make_demo.py

gallery:  ## Draw the README's gallery of figures from the demo anew
	@tools/setup.sh run
	$(PY) tools/gallery.py

figures:  ## Draw all figures of RUN, the demo without it, in all formats into build/figures
	@tools/setup.sh run
	$(PY) -m gruviz figures $(or $(RUN),assets/demo.h5) -o build/figures

# Versions that are pinned stay as they are; UPGRADE="-P numpy" lets one go up, UPGRADE=-U all of them.
COMPILE = $(PY) -m piptools compile -q --strip-extras --allow-unsafe --no-header --no-emit-options --annotation-style=line \
	--build-deps-for wheel $(UPGRADE) pyproject.toml
lock:  ## Pin the dependencies of pyproject.toml in both lock files
	@tools/setup.sh dev
	$(PY) -m pip install -q pip-tools
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock
	@# A local build such as 2.13.0+cpu satisfies ==2.13.0, but not the other way round.
	sed -i.bak -e 's/^\([a-z0-9-]*==[^ +]*\)+[^ ]*/\1/' -e '/^#/d' -e '/^$$/d' requirements.lock requirements-dev.lock
	rm requirements.lock.bak requirements-dev.lock.bak

clean:  ## Remove .venv and all that was built
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
