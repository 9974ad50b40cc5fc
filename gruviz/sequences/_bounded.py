"""A declared size is checked before memory is taken for it."""

from pathlib import Path

from gruviz.errors import GruvizError

ANY_SIZE = 2**26
"""Bytes that are taken whatever the file holds."""
INFLATION = 100
"""Beyond those, numbers may be this many times larger than what is stored of them. Measured data shrinks by less."""


def check_size(path: Path | str, declared: int, stored: int) -> None:
    """Raise GruvizError where a file declares far more bytes than it stores."""
    if declared > ANY_SIZE and declared > stored * INFLATION:
        raise GruvizError(
            f"{path} declares {declared:,} bytes of numbers and stores {stored:,}: it is refused; "
            "save it without compression"
        )
