"""What the state at a timestep is made of: every earlier timestep by its weight, and by what it contributes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Steps, Stretch, added, walk_back
from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._tiles import Strip

Floats = NDArray[np.float64]
_TURN = 0.02
"""Seconds of work before what is newer gets its turn."""
_LISTED = 50
"""Timesteps that are listed."""
_FEW = 4
"""Up to so many units are read one by one."""


@dataclass(frozen=True)
class Share:
    """One timestep in a later state."""

    timestep: int
    words: str | None
    """Its symbol, or its number where it was numbers and one alone."""
    weight: float
    contribution: float
    """Weight times candidate."""


@dataclass(frozen=True)
class Memory:
    """What a state is made of, as far as it was followed back. Of several units, means over them."""

    timestep: int
    units: tuple[int, ...] | None
    """Whose it is; None for all units."""
    start: int
    """The first timestep that is told of; of a layer that reads backward the state's own."""
    weights: Floats
    """(n,), of consecutive timesteps from `start` on, in the sequence's order."""
    shares: tuple[Share, ...]
    """The largest weights, largest first."""
    followed: int
    """Timesteps that were followed back."""
    initial: bool
    """They reach the start of the sequence: what is older is the state that it started from."""
    left: float
    """The weight of all that is older."""
    held: float
    """What all that is older contributes, as in `Share`."""
    added: float
    """What the caller's changes of the state contribute."""
    state: float
    """The state itself: the sum of all that is contributed and added."""

    @property
    def total(self) -> float:
        """The sum of all weights."""
        return float(self.weights.sum()) + self.left

    def of(self, start: int, stop: int) -> Floats:
        """The weights of the timesteps from `start` up to `stop`, (n,); 0 of those that it is not told of."""
        found = np.zeros(max(stop - start, 0))
        first, last = max(start, self.start), min(stop, self.start + len(self.weights))
        if last > first:
            found[first - start : last - start] = self.weights[first - self.start : last - self.start]
        return found


@dataclass(frozen=True)
class MemoryRequest(Request):
    """The state at a timestep, of some units or, where that is None, of all."""

    timestep: int
    units: tuple[int, ...] | None

    def read(self, source: Source) -> Memory | Unfinished:
        """Follow it back for as long as there is time, and go on when asked again."""
        walk = source.known.get("memory")
        if walk is None or walk.request != self:
            walk = source.known["memory"] = _Walk(self, source, self._layer(source))
        done = walk.go_on(_TURN)
        memory = walk.memory()
        return memory if done else Unfinished(memory)


class _Walk:
    """A state that is being followed back."""

    def __init__(self, request: MemoryRequest, source: Source, layer: Layer) -> None:
        if layer.cell.keep is None:
            raise GruvizError(f"A plain {layer.cell.title} has no gate that keeps: each state is written anew.")
        self.request, self._layer, self._source = request, layer, source
        self._length = layer.tape.sequences[request.sequence].length
        self._at = self._turned(request.timestep)
        self._weights: list[Floats] = []
        self._contributions: list[Floats] = []
        self._last: Stretch | None = None
        self._altered = source.once(("altered", layer.name), lambda: bool(len(layer.altered)))
        self._added = np.zeros(layer.size if request.units is None else len(request.units))
        self._work: Iterator[Stretch] = walk_back(self._read, self._at)

    def go_on(self, seconds: float) -> bool:
        """Follow it for so long; whether it was followed to its end."""
        until = time.perf_counter() + seconds
        for stretch in self._work:
            self._weights.append(stretch.weights.mean(axis=1))
            self._contributions.append(stretch.contributions.mean(axis=1))
            self._added += stretch.added
            self._last = stretch
            if time.perf_counter() > until:
                return False
        return True

    def memory(self) -> Memory:
        """What is known by now."""
        assert self._last is not None
        layer, sequence = self._layer, self.request.sequence
        weights, contributions = (np.concatenate(each[::-1]) for each in (self._weights, self._contributions))
        first = self._last.start
        older = self._state(first - 1) if first else self._of(layer.initial(sequence, layer.cell.state))
        start = self._turned(self._at) if layer.backward else first
        if layer.backward:
            weights, contributions = weights[::-1], contributions[::-1]
        return Memory(
            timestep=self.request.timestep,
            units=self.request.units,
            start=start,
            weights=weights,
            shares=self._shares(start, weights, contributions),
            followed=len(weights),
            initial=first == 0,
            left=float(self._last.left.mean()),
            held=float((self._last.left * older).mean()),
            added=float(self._added.mean()),
            state=float(self._state(self._at).mean(dtype=np.float64)),
        )

    def _shares(self, start: int, weights: Floats, contributions: Floats) -> tuple[Share, ...]:
        count = min(_LISTED, len(weights))
        most = np.argpartition(-weights, count - 1)[:count]
        most = most[np.argsort(-weights[most], kind="stable")]
        most = most[weights[most] > 0]
        words = self._words(start, len(weights), most)
        return tuple(
            Share(start + int(i), word, float(weights[i]), float(contributions[i]))
            for i, word in zip(most, words, strict=True)
        )

    def _words(self, start: int, count: int, chosen: NDArray[np.intp]) -> list[str | None]:
        tape = self._layer.tape
        first = tape.sequences[self.request.sequence].offset + start
        rows = slice(first, first + count)
        if (symbols := tape.symbols(rows)) is not None:
            return [symbols[i] for i in chosen]
        values = tape.values(rows) if len(tape.columns) == 1 else None
        return [None if values is None else f"{values[i, 0]:.4g}".replace("-", "−") for i in chosen]

    def _read(self, start: int, stop: int) -> Steps:
        layer, sequence = self._layer, self.request.sequence
        keep, write = layer.cell.keep, layer.cell.write
        assert keep is not None
        changed = added(layer, sequence, start, stop) if self._altered else None
        return Steps(
            self._rows(keep, start, stop),
            self._rows("candidate", start, stop),
            None if write is None else self._rows(write, start, stop),
            None if changed is None else self._of(changed),
        )

    def _rows(self, quantity: str, start: int, stop: int) -> NDArray[np.float32]:
        """In processing order: out of the tiles that heatmaps are drawn from, or, of a few units, column by column."""
        layer, units = self._layer, self.request.units
        if layer.backward:
            start, stop = self._length - stop, self._length - start
        if units is not None and len(units) <= _FEW:
            offset = layer.tape.sequences[self.request.sequence].offset
            rows = slice(offset + start, offset + stop)
            values = np.stack([layer[quantity][rows, unit] for unit in units], axis=1)
        else:
            values = self._of(
                self._source.tiles.blocks(Strip(layer, self.request.sequence, quantity, 1, "mean"), start, stop)
            )
        turned: NDArray[np.float32] = values[::-1] if layer.backward else values
        return turned

    def _state(self, place: int) -> NDArray[np.float32]:
        state: NDArray[np.float32] = self._rows(self._layer.cell.state, place, place + 1)[0]
        return state

    def _of(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        units = self.request.units
        chosen: NDArray[np.float32] = values if units is None else values[..., list(units)]
        return chosen

    def _turned(self, timestep: int) -> int:
        """From the sequence's order to that of processing, or back."""
        return self._length - 1 - timestep if self._layer.backward else timestep
