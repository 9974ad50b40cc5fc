"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gruviz.errors import GruvizError
from gruviz.folders import check_folder


def checked(path: str | os.PathLike[str], kinds: Sequence[str], what: str = "a figure") -> tuple[Path, str]:
    """A path that can be written to, and its kind, which the suffix decides. Raises GruvizError for what cannot be."""
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in kinds:
        endings = (
            ", ".join(f".{each}" for each in kinds[:-1]) + f" or .{kinds[-1]}" if len(kinds) > 1 else f".{kinds[0]}"
        )
        raise GruvizError(f"cannot save {what} as {path.name}: end its name in {endings}")
    if path.is_dir():
        raise GruvizError(f"{path} is a folder: give the name of a file to save {what} to")
    check_folder(path.parent)
    return path, kind


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The path of a file to write beside `path`, which takes its place once the block is left without an error.

    Raises:
        GruvizError: it cannot be written; what was there before is as it was.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise GruvizError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        partial.unlink(missing_ok=True)
