"""Text files."""

from pathlib import Path

from gruviz.errors import GruvizError

from ._sequence import Sequence

READABLE = "gruviz reads text in UTF-8, tables (.csv, .tsv), arrays (.npy, .npz, .h5) and sounds (.wav)"
HEAD = 1 << 16


def decode(path: Path) -> str:
    """Return the whole text, without a byte order mark. Raises GruvizError for what is not UTF-8, and OSError."""
    with path.open("rb") as file:
        # A glance first, so that a recording of gigabytes is refused before it is read.
        if b"\0" in file.read(HEAD):
            raise GruvizError(f"{path} is not text but binary data or UTF-16: {READABLE}")
        file.seek(0)
        data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GruvizError(
            f"{path} is not UTF-8 text (byte 0x{data[error.start]:02x} at {error.start:,}), save it as such: {READABLE}"
        ) from error
    if "\0" in text:
        raise GruvizError(f"{path} is not text but binary data: {READABLE}")
    return text


def read_text(path: Path) -> list[Sequence]:
    """Read a text. Raises GruvizError and OSError."""
    text = decode(path)
    notes = []
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notes.append("line ends were made newlines")
    if not text:
        raise GruvizError(f"{path} is empty: there is no sequence in it")
    return [Sequence(path.stem, text=text, notes=tuple(notes))]
