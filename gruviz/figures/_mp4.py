"""The comment in an MP4, where ffmpeg writes it: moov, udta, meta, ilst, ©cmt (ISO 14496-12, 4.2; QuickTime)."""

from typing import BinaryIO

_PATH = (b"moov", b"udta", b"meta", b"ilst", b"\xa9cmt", b"data")
_BEFORE = {b"meta": 4, b"data": 8}
"""Bytes of a box before what it holds: of version and flags, of the type and the language."""


def comment(file: BinaryIO, size: int) -> str:
    """The comment. Raises LookupError where there is none, or the boxes make no sense.

    Args:
        file: an MP4, at its beginning.
        size: bytes in it.
    """
    at, end = 0, size
    for name in _PATH:
        at, end = _box(file, at, end, name)
        at += _BEFORE.get(name, 0)
    file.seek(at)
    return file.read(max(0, end - at)).decode(errors="replace")


def _box(file: BinaryIO, at: int, end: int, name: bytes) -> tuple[int, int]:
    """Where what the first box of this name holds begins and ends."""
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, begin = int.from_bytes(head[:4]), at + 8
        if size == 1:  # more than four bytes can say
            size, begin = int.from_bytes(head[8:16]), at + 16
        size = size or end - at  # as far as the file goes
        if size < begin - at or at + size > end:
            break
        if head[4:8] == name:
            return begin, at + size
        at += size
    raise LookupError(name)
