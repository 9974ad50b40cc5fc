"""Where the demo, its text and the icons lie."""

from pathlib import Path

from gruviz.errors import GruvizError

_PACKAGE = Path(__file__).parent
_FOLDERS = (_PACKAGE / "assets", _PACKAGE.parent / "assets")  # in a wheel, in a source tree

DEMOS = ("demo.h5", "demo-lstm.h5", "demo-rnn.h5")
"""Recordings that come with gruviz."""


def asset(name: str) -> Path:
    """Return the path of the file or folder `name` of `assets/`, such as `data/sonnets.txt`.

    Raises GruvizError where it is missing.
    """
    for folder in _FOLDERS:
        if (folder / name).exists():
            return folder / name
    raise GruvizError(f"{name} is missing from this installation of gruviz: install it anew, or clone it whole.")
