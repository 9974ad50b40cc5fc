"""Symbols and their numbers: characters, or words."""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.errors import GruvizError

from ._sequence import Sequence
from ._text import decode

NAMED_AT_MOST = 5
LARGEST_FILE = 2**26
_MARK = re.compile(r"<[^<>]+>|\[[^\[\]]+\]")
"""What stands for no text of its own: the end, padding, all that is unknown."""
_UNKNOWN = frozenset({"<unk>", "[unk]", "<unknown>", "[unknown]", "<oov>", "[oov]"})
_WANTED = "write one symbol a line, or a JSON list of them"


@dataclass(frozen=True)
class Vocabulary:
    """The symbols a network knows; the place of a symbol is its number.

    Where one of them has several letters, marks such as <unk> apart, they are words, and a text is read word by word,
    as white space divides it; else character by character. Raises ValueError unless every symbol is a string and none
    comes twice.
    """

    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        if not all(isinstance(symbol, str) for symbol in self.symbols) or len(set(self.symbols)) != len(self.symbols):
            raise ValueError("the symbols of a vocabulary are strings, each once")

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Return the vocabulary of all characters of `text`, sorted."""
        return cls(tuple(sorted(set(text))))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Vocabulary":
        """Read a file of one symbol a line, a JSON list, or a JSON object that gives each symbol its number.

        Raises GruvizError.
        """
        path = Path(path)
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise GruvizError(f"{path} is too large for a vocabulary: {_WANTED}")
            text = decode(path)
        except OSError as error:
            raise GruvizError(f"cannot read {path}: {error.strerror or error}") from error
        symbols = _from_json(path, text) if path.suffix.lower() == ".json" else _from_lines(path, text)
        twice = next((symbol for symbol, count in Counter(symbols).items() if count > 1), None)
        if twice is not None:
            raise GruvizError(f"{path} has the symbol {twice!r} twice: each has one number")
        return cls(tuple(symbols))

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def of_words(self) -> bool:
        """Whether a text is read word by word."""
        return any(len(symbol) > 1 and not _MARK.fullmatch(symbol) for symbol in self.symbols)

    @cached_property
    def unknown(self) -> str | None:
        """The symbol that stands for all that is not in the vocabulary, where it has one."""
        return next((symbol for symbol in self.symbols if symbol.lower() in _UNKNOWN), None)

    def split(self, text: str) -> list[str]:
        """Return the words or the characters of a text."""
        return text.split() if self.of_words else list(text)

    def encode(self, text: str) -> NDArray[np.int32]:
        """Return the numbers (T,) of the symbols of `text`. Raises GruvizError for symbols that it does not hold."""
        pieces, numbers = self.split(text), self._numbers
        strange = self._strange(pieces)
        if strange and self.unknown is None:
            first = next(place for place, piece in enumerate(pieces) if piece in strange)
            words = f" (its vocabulary is of words, as {max(self.symbols, key=len)[:20]!r})" if self.of_words else ""
            raise GruvizError(
                f"the model does not know the {self._kind} {_few(strange)} (first {pieces[first]!r} at position "
                f"{first:,}){words}: leave them out, or train a model on a text that has them"
            )
        other = -1 if self.unknown is None else numbers[self.unknown]
        return np.fromiter((numbers.get(piece, other) for piece in pieces), np.int32, len(pieces))

    def decode(self, tokens: ArrayLike) -> str:
        """Return the text of the numbers (T,). Raises GruvizError where a number has no symbol."""
        array = np.asarray(tokens)
        if array.size and not 0 <= int(array.min()) <= int(array.max()) < len(self):
            raise GruvizError(f"a token lies outside of 0 to {len(self) - 1}: the vocabulary has {len(self)} symbols")
        return (" " if self.of_words else "").join(self.symbols[token] for token in array.tolist())

    def spell(self, sequence: Sequence) -> Sequence:
        """Return a text with its tokens, a timestep each; words take the place of the text.

        Raises GruvizError for symbols that it does not hold, unless one of its own stands for those: that is noted.
        """
        if sequence.text is None:
            raise ValueError("only text can be spelled")
        tokens = self.encode(sequence.text)
        if not len(tokens):
            raise GruvizError(f"{sequence.name} has no words, nothing but white space: there is no sequence in it")
        notes = list(sequence.notes)
        if self.of_words:
            notes.append("text was read word by word, since the vocabulary is of words")
        pieces = self.split(sequence.text)
        if strange := self._strange(pieces):
            count = sum(piece in strange for piece in pieces)
            notes.append(
                f"{count:,} of {len(pieces):,} {self._kind} of {sequence.name} are not in the vocabulary "
                f"and were read as {self.unknown}: {_few(strange)}"
            )
        text = None if self.of_words else sequence.text
        return replace(sequence, text=text, tokens=tokens, notes=tuple(notes))

    def _strange(self, pieces: list[str]) -> set[str]:
        return set(pieces) - self._numbers.keys()

    @property
    def _kind(self) -> str:
        return "words" if self.of_words else "characters"

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}


def _few(symbols: set[str]) -> str:
    ordered = sorted(symbols)
    more = f" and {len(ordered) - NAMED_AT_MOST} more" if len(ordered) > NAMED_AT_MOST else ""
    return ", ".join(map(repr, ordered[:NAMED_AT_MOST])) + more


def _from_lines(path: Path, text: str) -> list[str]:
    symbols = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if "" in symbols:
        raise GruvizError(
            f"line {symbols.index('') + 1:,} of {path} is empty: where a symbol is a line end, or nothing, "
            "write a JSON list"
        )
    return symbols


def _from_json(path: Path, text: str) -> list[str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GruvizError(f"{path} is not JSON: {_WANTED}") from error
    if isinstance(data, dict):  # symbol to number, as many programs write it
        if sorted(data.values(), key=str) != sorted(range(len(data)), key=str):
            raise GruvizError(f"{path} must give its symbols the numbers 0 to {len(data) - 1}, each once: {_WANTED}")
        data = sorted(data, key=data.__getitem__)
    if not isinstance(data, list) or not data or not all(isinstance(symbol, str) for symbol in data):
        raise GruvizError(f"{path} is not a list of strings: {_WANTED}")
    return data
