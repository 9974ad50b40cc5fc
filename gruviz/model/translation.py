"""An encoder-decoder: one network reads letters, the other begins with its last state and writes symbols.

Sutskever et al. 2014 (arXiv:1409.3215), without attention; the decoder is greedy: it reads what it wrote last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gruviz import sequences as sq
from gruviz.errors import GruvizError

from .formats import RecurrentModule, Translation
from .network import SequenceModel, State


@dataclass(frozen=True, eq=False)
class Translator:
    """What an encoder needs to be one half of an encoder-decoder: how words are spelled for it, and the decoder."""

    plan: Translation
    letters: tuple[str, ...]
    """The vocabulary of the encoder: letters, and symbols with names of several, such as `</s>`."""
    symbols: tuple[str, ...]
    """The vocabulary of the decoder."""
    decoder: SequenceModel
    convention: str
    """Whose meaning the update gate had in the decoder's file."""

    @classmethod
    def of(
        cls, plan: Translation, encoder: RecurrentModule, decoder: RecurrentModule, model: SequenceModel
    ) -> "Translator":
        """Put two modules together, `model` being the decoder's. Raises ValueError where they do not fit."""
        letters, symbols = encoder.vocabulary or (), decoder.vocabulary or ()
        for named, vocabulary in (((plan.end, plan.unknown), letters), ((plan.start, plan.stop), symbols)):
            for symbol in named:
                if symbol is not None and symbol not in vocabulary:
                    raise ValueError(f"the symbol {symbol!r} is in no vocabulary")
        if decoder.readout is None or len(decoder.readout[0]) != len(symbols):
            raise ValueError(f"{decoder.path} does not say which of its {len(symbols)} symbols comes next")
        if decoder.embedding is None or encoder.embedding is None:
            raise ValueError("both of its networks read symbols, and an embedding is missing")
        if encoder.directions + decoder.directions > 2 or _state(encoder) != _state(decoder):
            raise ValueError("the decoder cannot begin with the last state of the encoder")
        return cls(plan, letters, symbols, model, decoder.convention)

    def spell(self, sequences: Iterable[sq.Sequence]) -> list[sq.Sequence]:
        """Take texts apart into words, each a sequence of the encoder's tokens that is named after itself.

        Sequences of tokens stay as they are. Raises GruvizError for letters that the encoder does not know.
        """
        spelled: list[sq.Sequence] = []
        for sequence in sequences:
            if sequence.text is None:
                spelled.append(sequence)
            else:
                spelled += [sq.Sequence(word, tokens=self.encode(word)) for word in sequence.text.split()]
        return spelled

    def encode(self, word: str) -> NDArray[np.int32]:
        """Return the encoder's tokens (T,) of a word, the end included. Raises GruvizError for unknown letters."""
        numbers = {letter: number for number, letter in enumerate(self.letters)}
        letters = list(word.lower() if self.plan.lower else word)
        odd = [letter for letter in letters if letter not in numbers]
        if odd and self.plan.unknown is None:
            raise GruvizError(f"the model does not know the letter {odd[0]!r}: leave it out")
        known = [letter if letter in numbers else str(self.plan.unknown) for letter in letters]
        return np.array([numbers[letter] for letter in (*known, *filter(None, (self.plan.end,)))], np.int32)

    @torch.no_grad()
    def write(self, state: State) -> list[int]:
        """Return the tokens that the decoder writes, the likeliest each time, from `state` on, up to its stop.

        `state` is the encoder's last one, of one sequence: (L, 1, H), for an LSTM a pair.
        """
        device = next(self.decoder.parameters()).device
        written: list[int] = []
        while len(written) < self.plan.limit:
            read = torch.tensor([[written[-1] if written else self._start]], device=device)
            outputs, state = self.decoder(read, state)
            written.append(int(outputs[0, 0].argmax()))
            if self.symbols[written[-1]] == self.plan.stop:
                break
        return written

    def read_while_writing(self, written: Sequence[int]) -> NDArray[np.int64]:
        """What the decoder reads, (T,), to write these T tokens: the start, and all of them but the last."""
        return np.array([self._start, *written[:-1]], np.int64)

    @property
    def _start(self) -> int:
        return self.symbols.index(self.plan.start)


def _state(module: RecurrentModule) -> tuple[str, int, int, int]:
    """What two modules must have in common for one to begin with the state of the other."""
    return module.cell, len(module.layers), module.hidden, module.fed_back
