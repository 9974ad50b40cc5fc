#!/bin/sh
# Make .venv hold what a lock file pins, and gruviz itself, editable. Returns at once when it does already.
#
#   tools/setup.sh run     what `make run` needs
#   tools/setup.sh dev     what `make test` and `make lint` need: the developers' tools, and Xvfb where Linux has no screen
#
# PYTHON names the interpreter to use, TORCH_INDEX the package index that is tried for torch without CUDA.
set -eu
cd "$(dirname "$0")/.."

qt="libegl1 libgl1 libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-xinerama0 libxcb-xfixes0 libxcb-shape0
    fontconfig fonts-dejavu-core"
case ${1-} in
    run) lock=requirements.lock packages=$qt ;;
    dev) lock=requirements-dev.lock packages="$qt xvfb xauth" ;;
    *) echo "usage: tools/setup.sh run|dev" >&2; exit 2 ;;
esac

say() { printf '== %s\n' "$*"; }
fail() { printf 'gruviz: %s\n' "$*" >&2; exit 2; }

# All packages go in at once, so that a person without root's rights types one command and not three.
need() {
    what=$1 install="apt-get install --no-install-recommends $(echo $packages)"
    if ! command -v apt-get >/dev/null; then
        fail "$what is missing. On Debian and Ubuntu this installs it, elsewhere install its like: $install"
    elif [ "$(id -u)" != 0 ]; then
        fail "$what is missing. Install it, then run make again: sudo apt-get update && sudo $install"
    fi
    say "installing system packages, since $what is missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o Acquire::Retries=3 -qq update
    $install -o Acquire::Retries=3 -qq -y >/dev/null
}

python=
for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ "$python" ] || fail "Python 3.11 or later is missing. Install it, or name it: make run PYTHON=/path/to/python3"

stamp=.venv/$lock.installed
unfinished=.venv/unfinished
key="$PWD $(cat $lock pyproject.toml | cksum)"
if [ "$(cat $stamp 2>/dev/null)" != "$key" ] || ! .venv/bin/python -c '' 2>/dev/null; then
    # Begun anew where an interrupted install may have left half a package, which pip would take for a whole one, and
    # where .venv is none or was moved here from another folder.
    if [ -e $unfinished ] || ! .venv/bin/pip --version 2>/dev/null | grep -qF " $PWD/.venv/"; then
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            packages="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])') $packages"
            need "Python's venv module"
        fi
        say "making .venv with $("$python" --version)"
        rm -rf .venv
        mkdir .venv
        touch $unfinished
        "$python" -m venv .venv
    fi
    touch $unfinished

    say "installing what $lock pins (about a minute)"
    pip() { .venv/bin/python -m pip --disable-pip-version-check "$@" -q; }
    # PyPI's torch for Linux brings gigabytes of CUDA. Without an NVIDIA GPU, PyTorch's own index is asked first for the
    # same version without them. Where it cannot be had, the next line takes what pip's own indexes have.
    if [ "$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
        pip install --no-deps --retries 1 --timeout 15 "$(grep -o '^torch==[^ ]*' $lock)" \
            --extra-index-url "${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}" 2>/dev/null || true
    fi
    pip install -r $lock
    pip install --no-deps --no-build-isolation --editable .
    echo "$key" >$stamp
    rm $unfinished
fi

if [ "$(uname)" = Linux ]; then
    # The linker knows best which of Qt's libraries are missing, whatever a distribution calls their packages.
    qt_libraries=$(echo .venv/lib/python3*/site-packages/PySide6/Qt)
    missing=$(ldd "$qt_libraries"/lib/libQt6Widgets.so.6 "$qt_libraries"/plugins/platforms/libqxcb.so |
        awk '/not found/ && !seen[$1]++ { print $1 }')
    [ -z "$missing" ] || need "a library that Qt needs ($(echo $missing | cut -d' ' -f1), $(echo $missing | wc -w) in all)"
    [ "$1" != dev ] || { command -v xvfb-run && command -v xauth; } >/dev/null || need "xvfb-run, which gives the tests a display,"
fi
