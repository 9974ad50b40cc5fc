"""Replaying the layers of a call piece by piece, so that a long sequence takes no more memory than a short one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gruviz.model._call import Call, LayerRun
from gruviz.recording import Altered, Block

ROWS = 4096
"""Timesteps, over all sequences of a batch together, that are replayed at once: what bounds the memory it takes."""

Floats = NDArray[np.float32]
Runs = Sequence[tuple[Call, LayerRun]]
"""The layers of some calls that share a tape, each with its call."""


@dataclass(frozen=True)
class Piece:
    """Some timesteps of some sequences, all layers, replayed, as arrays (items, n, H)."""

    start: int
    stop: int
    values: dict[str, dict[str, Floats]]
    previous: dict[str, Floats | None]
    difference: dict[str, Floats]
    """The residual of each step, (items, n)."""
    began: dict[str, dict[str, Floats]]
    """The states that the sequences started from, (items, H); `projected` is (items, P)."""
    projected: dict[str, Floats]
    """What a projected LSTM gave out, (items, n, P); of other layers nothing."""
    altered: dict[str, tuple[NDArray[np.bool_], dict[str, Floats]]]
    """Where the caller changed the state before a step, (items, n), and the states that each got, (items, n, H)."""

    def layer(self, name: str, place: int, stop: int) -> Block:
        """One sequence of one layer, up to timestep `stop`."""
        n = stop - self.start
        worst = float(self.difference[name][place, :n].max())
        previous = self.previous[name]
        altered = None
        if name in self.altered:
            where, states = self.altered[name]
            rows = where[place, :n].nonzero()[0]
            altered = Altered(rows, {state: values[place, rows] for state, values in states.items()})
        return Block(
            {quantity: array[place, :n] for quantity, array in self.values[name].items()},
            None if previous is None else previous[place, :n],
            math.inf if math.isnan(worst) else worst,  # what is not a number proves nothing
            projected=self.projected[name][place, :n] if name in self.projected else None,
            altered=altered,
        )

    def initial(self, name: str, place: int) -> dict[str, Floats]:
        """The states that one sequence of one layer started from, (H,) each."""
        return {state: values[place] for state, values in self.began[name].items()}


def replay_piece(
    runs: Runs,
    items: slice,
    recorded: Tensor,
    start: int,
    stop: int,
    entered: Mapping[str, Tensor] | None = None,
) -> Piece:
    """Replay timesteps `start` up to `stop` of some sequences, all layers.

    Args:
        runs: the layers.
        items: which sequences of the batch.
        recorded: (B,) how many timesteps of each sequence are recorded.
        start: the first timestep.
        stop: one past the last.
        entered: see `LayerRun.replay`, by the name of the layer.
    """
    piece = Piece(start, stop, {}, {}, {}, {}, {}, {})
    for call, whole in runs:
        run, processed = whole.select(items), call.lengths[items]
        replay = run.replay(processed, start, stop, (entered or {}).get(run.name))
        previous = None if replay.previous is None else _items_first(replay.previous)
        began = {state: values.float().cpu().numpy().copy() for state, values in run.initial.items()}
        # A backward layer that also read the padding behind a sequence starts the sequence from what that left.
        padded = (recorded[items] < processed).nonzero()[:, 0].tolist() if run.backward else []
        for place in padded:
            last = int(recorded[items][place]) - 1
            began["hidden"][place] = run.hidden[last + 1, place].float().cpu().numpy()
            if "cell" in began and previous is not None and start <= last < stop:
                began["cell"][place] = previous[place, last - start]
        if replay.projected is not None:
            piece.projected[run.name] = _items_first(replay.projected)
            began |= before_projecting(began["hidden"], run.size)
        if run.altered and run.before is not None:
            states = run.before if run.projection is None else {"cell": run.before["cell"]}
            where = run.altered_at(start, stop).transpose(0, 1).cpu().numpy()
            piece.altered[run.name] = where, {name: _items_first(state[start:stop]) for name, state in states.items()}
        piece.values[run.name] = {quantity: _items_first(value) for quantity, value in replay.values.items()}
        piece.previous[run.name] = previous
        piece.difference[run.name] = _items_first(replay.difference)
        piece.began[run.name] = began
    return piece


def before_projecting(projected: Floats, size: int) -> dict[str, Floats]:
    """Both hidden states that a projected LSTM started from: (..., P) as it is fed back, and (..., H) as units have it.

    What o tanh(c) was before a sequence is known only where nothing was: it is NaN elsewhere.
    """
    unknown = projected.any(axis=-1, keepdims=True)
    return {"projected": projected, "hidden": np.where(unknown, np.nan, np.zeros(size)).astype(np.float32)}


def replay_ahead(runs: Runs, items: slice, recorded: Tensor) -> Iterator[Piece]:
    """Replay all timesteps of some sequences: each piece on a thread of its own, while the one before is written."""
    pieces = _pieces(runs, items, recorded)

    @torch.no_grad()
    def replay_next() -> Piece | None:
        return next(pieces, None)

    with ThreadPoolExecutor(1, "gruviz-replay") as thread:
        coming = thread.submit(replay_next)
        while (piece := coming.result()) is not None:
            coming = thread.submit(replay_next)
            yield piece


def groups(recorded: Tensor, total: int) -> Iterator[tuple[slice, list[int]]]:
    """Sequences of a batch that are replayed together: as many as make up `ROWS` timesteps, without empty ones."""
    size = max(1, ROWS // max(total, 1))
    for start in range(0, len(recorded), size):
        items = slice(start, min(start + size, len(recorded)))
        places = [place for place in range(items.stop - start) if recorded[start + place] > 0]
        if places:
            yield items, places


def _pieces(runs: Runs, items: slice, recorded: Tensor) -> Iterator[Piece]:
    total = runs[0][1].hidden.shape[0]
    alone = items.stop - items.start == 1
    known = int(recorded[items.start]) if alone else total
    step = ROWS if alone else total
    rows = [slice(start, min(start + step, known)) for start in range(0, known, step)]
    behind = [slice(start, min(start + step, total)) for start in range(known, total, step)]  # read, but not recorded
    entered = _entered_backward(runs, items, [*rows, *behind])
    for number, piece in enumerate(rows):
        replayed = replay_piece(runs, items, recorded, piece.start, piece.stop, entered[number])
        if behind and number == 0:
            for name, cell in entered[len(rows) - 1].items():
                replayed.began[name]["cell"][:] = cell.float().cpu().numpy()
        if number + 1 < len(rows):
            for _, run in runs:
                if run.cell.name == "lstm" and not run.backward:
                    last = torch.from_numpy(replayed.values[run.name]["cell"][:, -1])
                    entered[number + 1][run.name] = last.to(run.hidden.device)
        yield replayed


def _entered_backward(runs: Runs, items: slice, rows: Sequence[slice]) -> list[dict[str, Tensor]]:
    """The cell state with which each piece is entered by a layer that reads backward: from the piece behind it.

    Pieces are written from the first to the last and an LSTM's cell state there comes from the last to the first, so
    that such a layer is replayed twice.
    """
    entered: list[dict[str, Tensor]] = [{} for _ in rows]
    for call, whole in runs:
        if len(rows) > 1 and whole.cell.name == "lstm" and whole.backward:
            run, processed = whole.select(items), call.lengths[items]
            for number in range(len(rows) - 1, 0, -1):
                piece = rows[number]
                replay = run.replay(processed, piece.start, piece.stop, entered[number].get(run.name))
                entered[number - 1][run.name] = replay.values["cell"][0]
    return entered


def _items_first(data: Tensor) -> Floats:
    array: Floats = data.detach().transpose(0, 1).float().cpu().numpy()
    return array
