"""Characters and their numbers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gruviz.errors import GruvizError

NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Vocabulary:
    """The characters a network knows; the place of a character is its number.

    Raises ValueError unless every symbol is one character and none comes twice.
    """

    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.symbols)) != len(self.symbols) or any(len(symbol) != 1 for symbol in self.symbols):
            raise ValueError("the symbols of a vocabulary are single characters, each once")

    @classmethod
    def of(cls, text: str) -> "Vocabulary":
        """Return the vocabulary of all characters of `text`, sorted."""
        return cls(tuple(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> NDArray[np.int32]:
        """Return the numbers (T,) of the characters of `text`. Raises GruvizError for characters it does not hold."""
        numbers = self._numbers
        unknown = sorted(set(text) - numbers.keys())
        if unknown:
            first = min(text.index(character) for character in unknown)
            named = ", ".join(repr(character) for character in unknown[:NAMED_AT_MOST])
            more = f" and {len(unknown) - NAMED_AT_MOST} more" if len(unknown) > NAMED_AT_MOST else ""
            raise GruvizError(
                f"the model does not know the characters {named}{more} (first {text[first]!r} at position {first:,}): "
                "leave them out, or train a model on a text that has them"
            )
        return np.fromiter((numbers[character] for character in text), np.int32, len(text))

    def decode(self, tokens: ArrayLike) -> str:
        """Return the text of the numbers (T,). Raises GruvizError where a number has no symbol."""
        array = np.asarray(tokens)
        if array.size and not 0 <= int(array.min()) <= int(array.max()) < len(self):
            raise GruvizError(f"a token lies outside of 0 to {len(self) - 1}: the vocabulary has {len(self)} symbols")
        return "".join(self.symbols[token] for token in array.tolist())

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}
