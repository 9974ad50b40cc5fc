"""What a PDF says of itself: as matplotlib writes it, and as other programs do that write it anew.

No parser of all of a PDF: the document's entries are found by their name, in the file as it is and in what its streams
hold once they are inflated, where newer programs keep them (ISO 32000-1, 7.5.7). Nothing of it is followed or run.
"""

import re
import zlib
from collections.abc import Iterator
from html import unescape

_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_INFLATED = 2**24
"""Bytes of a stream that are looked at: objects, not pictures."""
_SUBJECT = re.compile(rb"/Subject\s*([(<])")
_STREAM = re.compile(rb"/(?:ObjStm|Metadata)\b.{0,400}?stream\r?\n", re.DOTALL)
_XMP = re.compile(rb"<dc:description\b[^>]*>\s*<rdf:Alt>\s*<rdf:li[^>]*>(.*?)</rdf:li>", re.DOTALL)


def subjects(data: bytes) -> Iterator[str]:
    """All that a PDF may say its subject is, that of its document information first."""
    for part in _parts(data):
        for found in _SUBJECT.finditer(part):
            try:
                yield _string(part, found.end()) if found[1] == b"(" else _hexadecimal(part, found.end())
            except (ValueError, UnicodeDecodeError):
                continue  # it is no text, or the file ends within it
        for found in _XMP.finditer(part):
            yield unescape(found[1].decode(errors="replace"))


def _parts(data: bytes) -> Iterator[bytes]:
    """The file as it is, and then what is in its streams of objects and of metadata."""
    yield data
    for found in _STREAM.finditer(data):
        try:
            yield zlib.decompressobj().decompress(data[found.end() :], _INFLATED)
        except zlib.error:
            continue  # it is not deflated, and so was seen above


def _hexadecimal(data: bytes, at: int) -> str:
    """A string in hexadecimal digits, from behind its opening bracket."""
    digits = re.sub(rb"\s", b"", data[at : data.index(b">", at)])
    return _text(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))


def _string(data: bytes, at: int) -> str:
    """A literal string (ISO 32000-1, 7.3.4.2), from behind its opening parenthesis."""
    made, depth = bytearray(), 1
    while True:
        byte = data[at : at + 1]
        at += 1
        if not byte:
            raise ValueError("not closed")
        if byte == b"\\":
            octal = re.match(rb"[0-7]{1,3}", data[at : at + 3])
            escaped = octal[0] if octal else data[at : at + 1]
            if octal:
                made += bytes([int(escaped, 8) % 256])
            elif escaped not in b"\r\n":  # else the line goes on
                made += _ESCAPES.get(escaped, escaped)
            at += len(escaped)
            continue
        depth += (byte == b"(") - (byte == b")")
        if not depth:
            return _text(bytes(made))
        made += byte


def _text(made: bytes) -> str:
    """A text string: UTF-16 or UTF-8 where it says so (7.9.2.2), else Latin letters."""
    if made[:2] == b"\xfe\xff":
        return made[2:].decode("utf-16-be")
    return made[3:].decode() if made[:3] == b"\xef\xbb\xbf" else made.decode("latin-1")
