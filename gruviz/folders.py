"""Whether a file can be made in a folder, asked before the work whose fruit goes there."""

import tempfile
from pathlib import Path

from gruviz.errors import GruvizError


def check_folder(folder: Path) -> None:
    """Raise GruvizError where no file can be made in `folder`, by trying one that has no name.

    Permissions alone do not tell: a disk may be read-only, and a share refuses what they allow.
    """
    if folder.exists() and not folder.is_dir():
        raise GruvizError(f"cannot write into {folder}: it is a file, not a folder")
    if not folder.is_dir():
        raise GruvizError(f"the folder {folder} does not exist: make it, or choose another")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise GruvizError(f"the folder {folder} cannot be written to: choose another") from error
