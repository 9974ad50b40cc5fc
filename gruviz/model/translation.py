"""An encoder-decoder: one network reads letters, the other begins with its last state and writes symbols.

Sutskever et al. 2014 (arXiv:1409.3215) without attention; the decoder is greedy: it reads what it wrote last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gruviz import sequences as sq
from gruviz.errors import GruvizError

from .formats import RecurrentModule, Translation
from .network import SequenceModel, State


@dataclass(frozen=True)
class Spelling:
    """The symbols that a network reads text in: letters, and others with names of several letters, such as `</s>`.

    Raises ValueError where a symbol comes twice, or one that is named is not there.
    """

    symbols: tuple[str, ...]
    end: str | None = None
    """The symbol behind the last letter; None for none."""
    unknown: str | None = None
    """The symbol for letters that are not known; None where those are an error."""
    lower: bool = False
    """Whether letters are made small ones first."""

    def __post_init__(self) -> None:
        if len(set(self.symbols)) != len(self.symbols):
            raise ValueError("a symbol stands twice in a vocabulary")
        for symbol in (self.end, self.unknown):
            if symbol is not None and symbol not in self.symbols:
                raise ValueError(f"the symbol {symbol!r} is not in the vocabulary")

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> NDArray[np.int32]:
        """Return the numbers (T,) of the letters of `text`, and the end. Raises GruvizError for unknown letters."""
        letters = text.lower() if self.lower else text
        if self.unknown is None and (odd := [letter for letter in letters if letter not in self._numbers]):
            raise GruvizError(f"the model does not know the letter {odd[0]!r}: leave it out")
        symbols = [letter if letter in self._numbers else self.unknown or "" for letter in letters]
        numbers = [self._numbers[symbol] for symbol in (*symbols, *filter(None, (self.end,)))]
        return np.array(numbers, np.int32)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}


@dataclass(frozen=True, eq=False)
class Decoder:
    """The network that writes."""

    model: SequenceModel
    symbols: tuple[str, ...]
    convention: str
    start: int
    """The token that it reads first."""
    stop: int
    """The token that it ends with."""
    limit: int
    """How many tokens it writes at most, the last one included."""

    @torch.no_grad()
    def write(self, state: State) -> list[int]:
        """Return the tokens that it writes, the likeliest each time, from `state` on, up to `stop` where it comes.

        `state` is that of one sequence: (L, 1, H), for an LSTM a pair.
        """
        written: list[int] = []
        token = self.start
        while len(written) < self.limit and (not written or token != self.stop):
            outputs, state = self.model(torch.tensor([[token]], device=_device(state)), state)
            token = int(outputs[0, 0].argmax())
            written.append(token)
        return written

    def spell(self, written: Sequence[int]) -> str:
        """What was written, in symbols with spaces between, without the one that it ends with."""
        return " ".join(self.symbols[token] for token in written if token != self.stop)


def make_decoder(translation: Translation, module: RecurrentModule, model: SequenceModel) -> Decoder:
    """Return the decoder of a translation. Raises ValueError where the module cannot be one."""
    symbols = module.vocabulary or ()
    for symbol in (translation.start, translation.stop):
        if symbol not in symbols:
            raise ValueError(f"the symbol {symbol!r} is not in the vocabulary of {module.path}")
    if module.directions == 2 or module.readout is None or len(module.readout[0]) != len(symbols):
        raise ValueError(f"{module.path} does not read forward and say which of its symbols comes next")
    start, stop = symbols.index(translation.start), symbols.index(translation.stop)
    return Decoder(model, symbols, module.convention, start, stop, translation.limit)


def words(sequences: Sequence[sq.Sequence]) -> list[sq.Sequence]:
    """Texts taken apart into their words, each a sequence that is named after itself; others stay as they are."""
    apart: list[sq.Sequence] = []
    for sequence in sequences:
        if sequence.text is None:
            apart.append(sequence)
            continue
        apart += [replace(sequence, name=word, text=word, tokens=None) for word in sequence.text.split()]
    return apart


def _device(state: State) -> torch.device:
    return (state[0] if isinstance(state, tuple) else state).device


def joined(written: Sequence[int], decoder: Decoder) -> Tensor:
    """What the decoder read while it wrote, (1, T): the start, and all that it wrote but the last."""
    return torch.tensor([[decoder.start, *written[:-1]]])
