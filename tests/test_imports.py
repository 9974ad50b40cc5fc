"""What must come late does: each test asks a fresh interpreter what it has in `sys.modules`."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "safetensors", "PySide6", "pyqtgraph", "matplotlib", "h5py", "scipy"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has imported after `code`."""
    # sys.modules before and after: a .pth file of the environment may bring packages along of its own.
    program = f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return {module.partition(".")[0] for module in result.stderr.splitlines()[-1].split()}


def test_a_module_that_is_imported_is_seen() -> None:
    assert "h5py" in loaded_by("import h5py")


def test_import_gruviz_imports_nothing_heavy() -> None:
    assert not loaded_by("import gruviz; gruviz.__version__") & (HEAVY | {"numpy"})


@pytest.mark.parametrize("module", ["_assets", "cells", "errors", "palette"])
def test_the_ground_imports_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import gruviz.{module}") & HEAVY
