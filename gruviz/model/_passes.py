"""From the calls of one forward pass to the tapes of a recording."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from gruviz.errors import GruvizError
from gruviz.model.device import describe
from gruviz.model.intercept import Call, LayerRun
from gruviz.recording import Block, Writer
from gruviz.recording.schema import NO_CHECKPOINT

_ROWS = 4096
"""Timesteps, over all sequences of a batch together, that are replayed at once: what bounds the memory it takes."""


@dataclass(frozen=True)
class Fed:
    """What a tape's network was given: tokens (B, T), or numbers (B, T, I), in the caller's order of sequences."""

    data: Tensor

    @property
    def tokens(self) -> bool:
        """Whether it is tokens."""
        return self.data.dim() == 2


class Passes:
    """Lays forward passes, one after the other, on the tapes of a writer."""

    def __init__(self, writer: Writer, vocabulary: Sequence[str] | None = None, columns: Sequence[str] = ()) -> None:
        self._writer = writer
        self._vocabulary = vocabulary
        self._columns = columns
        self._tapes: dict[str, list[str]] = {}  # which modules lie on a tape
        self._tokens: dict[str, tuple[bool, int]] = {}  # whether a tape holds tokens, else how many columns
        self._sequences: dict[str, int] = {}
        self._number = 0

    def write(
        self,
        calls: Sequence[Call],
        given: Sequence[Any],
        *,
        lengths: Tensor | None = None,
        names: Sequence[str] | None = None,
        checkpoint: int = NO_CHECKPOINT,
    ) -> None:
        """Write one pass.

        Args:
            calls: in the order in which they were made.
            given: the arguments of the root module.
            lengths: (B,) how much of each padded sequence is real, in the caller's order.
            names: of the sequences, in the caller's order.
            checkpoint: the training step, or -1.
        """
        chains = _chains(calls)
        padded = len(calls[0].x)
        if lengths is not None:
            _check_lengths(lengths, calls[0])
        for tape, modules in self._assign(chains):
            mates = [chains[module] for module in modules]
            for chain in zip(*mates, strict=True):
                known = lengths if lengths is not None and len(chain[0].x) == padded else None
                self._write_chain(tape, chain, _fed(given, chain[0]), known, names, checkpoint)
        self._number += 1

    def _assign(self, chains: Mapping[str, list[Call]]) -> Iterator[tuple[str, list[str]]]:
        """Modules that keep step with each other share a tape: the same sequences, equally long, in every pass."""
        left = dict(chains)
        for tape, modules in self._tapes.items():
            here = [module for module in modules if left.pop(module, None)]
            if len({_signature(chains[module]) for module in here}) == 1 and here == modules:
                yield tape, modules
            elif here:
                warnings.warn(
                    f"pass {self._number} is not recorded for {', '.join(modules)}: until now they read the same "
                    "sequences in step, and in this pass they do not; record them one at a time",
                    stacklevel=2,
                )
        groups: dict[Any, list[str]] = {}
        for module in left:
            groups.setdefault(_signature(left[module]), []).append(module)
        for modules in groups.values():
            alone = not self._tapes and len(groups) == 1
            tape = "main" if alone else modules[0] or "main"
            self._tapes[tape] = modules
            yield tape, modules

    def _write_chain(
        self,
        tape: str,
        chain: Sequence[Call],
        fed: Fed | None,
        lengths: Tensor | None,
        names: Sequence[str] | None,
        checkpoint: int,
    ) -> None:
        """Write the sequences of a batch, which all layers of a tape have read."""
        first = chain[0]
        recorded = first.lengths if lengths is None else torch.minimum(first.lengths, lengths)
        if tape not in self._tokens:
            self._add(tape, chain, fed)
        runs = [(call, run) for call in chain for run in call.layers]
        for items, places in _groups(recorded, first.x.shape[0]):
            pieces = _ahead(_pieces(runs, items, recorded))
            block = next(pieces)
            for place in places:
                item = items.start + place
                length = int(recorded[item])
                start = self._sequences[tape]
                self._writer.begin(
                    tape,
                    names[item] if names is not None and item < len(names) else f"sequence {start}",
                    initial={run.name: block.initial(run.name, place) for _, run in runs},
                    pass_=self._number,
                    item=item,
                    checkpoint=checkpoint,
                )
                self._sequences[tape] += 1
                while True:
                    stop = min(block.stop, length)
                    if stop > block.start:
                        what = self._input(tape, first, fed, item, block.start, stop)
                        layers = {run.name: block.layer(run.name, place, stop) for _, run in runs}
                        self._writer.append(tape, layers, **what)
                    if stop >= length:
                        break
                    block = next(pieces)
                self._writer.end(tape)

    def _add(self, tape: str, chain: Sequence[Call], fed: Fed | None) -> None:
        tokens = fed is not None and fed.tokens
        width = 0 if tokens else (chain[0].x if fed is None else fed.data).shape[2]
        self._tokens[tape] = (tokens, width)
        self._sequences[tape] = 0
        columns = self._columns if len(self._columns) == width else ()
        self._writer.add_tape(tape, vocabulary=self._vocabulary if tokens else None, columns=columns)
        for call in chain:
            for run in call.layers:
                add_layer(self._writer, tape, run)

    def _input(self, tape: str, call: Call, fed: Fed | None, item: int, start: int, stop: int) -> dict[str, Any]:
        """What went in: the caller's tokens or numbers, or else what the first layer got."""
        tokens, width = self._tokens[tape]
        if tokens:
            if fed is None or not fed.tokens:
                return {"tokens": np.full(stop - start, -1, np.int32)}
            return {"tokens": fed.data[item, start:stop].numpy().astype(np.int32)}
        data = call.x[start:stop, item] if fed is None or fed.tokens else fed.data[item, start:stop]
        if data.shape[1] != width:
            return {"values": np.full((stop - start, width), np.nan, np.float32)}
        return {"values": data.detach().float().cpu().numpy()}


def add_layer(writer: Writer, tape: str, run: LayerRun, name: str | None = None, convention: str = "pytorch") -> None:
    """Add a layer to a recording, as it ran."""
    device, dtype = run.hidden.device, str(run.hidden.dtype).removeprefix("torch.")
    if device.type == "cuda" and dtype == "float32" and torch.backends.cudnn.allow_tf32:
        dtype = "tf32"
    writer.add_layer(
        name or run.name,
        tape=tape,
        cell=run.cell,
        size=run.size,
        direction="backward" if run.backward else "forward",
        convention=convention,
        dtype=dtype,
        backend=describe(device),
        reset=run.reset,
        nonlinearity=run.nonlinearity,
    )


@dataclass(frozen=True)
class Piece:
    """Some timesteps of some sequences, all layers, replayed, as arrays (items, n, H)."""

    start: int
    stop: int
    values: dict[str, dict[str, NDArray[np.float32]]]
    previous: dict[str, NDArray[np.float32] | None]
    difference: dict[str, NDArray[np.float32]]
    began: dict[str, dict[str, NDArray[np.float32]]]

    def layer(self, name: str, place: int, stop: int) -> Block:
        """One sequence of one layer, up to timestep `stop`."""
        n = stop - self.start
        worst = float(self.difference[name][place, :n].max())
        previous = self.previous[name]
        return Block(
            {quantity: array[place, :n] for quantity, array in self.values[name].items()},
            None if previous is None else previous[place, :n],
            math.inf if math.isnan(worst) else worst,  # what is not a number proves nothing
        )

    def initial(self, name: str, place: int) -> dict[str, NDArray[np.float32]]:
        """The states that one sequence of one layer started from, (H,) each."""
        return {state: values[place] for state, values in self.began[name].items()}


def replay_piece(runs: Sequence[tuple[Call, LayerRun]], items: slice, recorded: Tensor, start: int, stop: int) -> Piece:
    """Replay timesteps `start` up to `stop` of some sequences, all layers."""
    piece = Piece(start, stop, {}, {}, {}, {})
    for call, whole in runs:
        run, processed = whole.select(items), call.lengths[items]
        replay = run.replay(processed, start, stop)
        previous = None if replay.previous is None else _items_first(replay.previous)
        began = {state: values.float().cpu().numpy().copy() for state, values in run.initial.items()}
        # A backward layer that also read the padding behind a sequence starts the sequence from what that left.
        padded = (recorded[items] < processed).nonzero()[:, 0].tolist() if run.backward else []
        for place in padded:
            last = int(recorded[items][place]) - 1
            began["hidden"][place] = run.hidden[last + 1, place].float().cpu().numpy()
            if "cell" in began and previous is not None:
                began["cell"][place] = previous[place, last - start]
        piece.values[run.name] = {quantity: _items_first(value) for quantity, value in replay.values.items()}
        piece.previous[run.name] = previous
        piece.difference[run.name] = _items_first(replay.difference)
        piece.began[run.name] = began
    return piece


def _pieces(runs: Sequence[tuple[Call, LayerRun]], items: slice, recorded: Tensor) -> Iterator[Piece]:
    total = runs[0][1].hidden.shape[0]
    scan = any(run.cell.name == "lstm" for _, run in runs)  # its cell state is a scan over all of time
    step = total if scan or items.stop - items.start > 1 else _ROWS
    for start in range(0, total, step):
        yield replay_piece(runs, items, recorded, start, min(start + step, total))


def _ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same, each replayed on a thread of its own while the one before is being written."""

    @torch.no_grad()
    def replay_next() -> Piece | None:
        return next(pieces, None)

    with ThreadPoolExecutor(1, "gruviz-replay") as thread:
        coming = thread.submit(replay_next)
        while (piece := coming.result()) is not None:
            coming = thread.submit(replay_next)
            yield piece


def _groups(recorded: Tensor, total: int) -> Iterator[tuple[slice, list[int]]]:
    """Sequences of a batch that are replayed together: as many as make up `_ROWS` timesteps, without empty ones."""
    size = max(1, _ROWS // max(total, 1))
    for start in range(0, len(recorded), size):
        items = slice(start, min(start + size, len(recorded)))
        places = [place for place in range(items.stop - start) if recorded[start + place] > 0]
        if places:
            yield items, places


def _items_first(data: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = data.detach().transpose(0, 1).float().cpu().numpy()
    return array


def _chains(calls: Sequence[Call]) -> dict[str, list[Call]]:
    """The calls of each module, those put together of which one goes on where the one before ended."""
    chains: dict[str, list[list[Call]]] = {}
    for call in calls:
        mine = chains.setdefault(call.module, [])
        if mine and _continues(mine[-1][-1], call):
            mine[-1].append(call)
        else:
            mine.append([call])
    return {module: [_joined(parts) for parts in mine] for module, mine in chains.items()}


def _continues(before: Call, call: Call) -> bool:
    """Whether a call starts from the final state of the one before, of the same batch."""
    if any(run.backward for run in call.layers) or before.lengths.shape != call.lengths.shape:
        return False
    if before.batch_first is None or call.batch_first is None:
        return False
    ended = [state for run in before.layers for state in run.final.values()]
    begins = [state for run in call.layers for state in run.initial.values()]
    # An all-zero state is where any new sequence starts.
    return any(bool(state.any()) for state in begins) and all(map(torch.equal, ended, begins))


def _joined(parts: Sequence[Call]) -> Call:
    if len(parts) == 1:
        return parts[0]
    layers = [
        replace(
            runs[0],
            x=torch.cat([run.x for run in runs]),
            hidden=torch.cat([run.hidden for run in runs]),
            final=runs[-1].final,
        )
        for runs in zip(*(part.layers for part in parts), strict=True)
    ]
    return replace(parts[0], layers=layers, lengths=torch.stack([part.lengths for part in parts]).sum(0))


def _check_lengths(lengths: Tensor, call: Call) -> None:
    steps, batch = call.x.shape[:2]
    if lengths.shape != (batch,) or int(lengths.min()) < 1 or int(lengths.max()) > steps:
        raise GruvizError(
            f"lengths={lengths.tolist()}: give one whole number from 1 to {steps} for each of the {batch} sequences"
        )


def _signature(chains: Sequence[Call]) -> Any:
    return tuple(tuple(call.lengths.tolist()) for call in chains)


def _fed(given: Sequence[Any], call: Call) -> Fed | None:
    """The argument of the root module that went, step by step, into this call: tokens if there are any."""
    steps, batch = call.x.shape[:2]
    laid_out = [_batch_first(value, batch, steps, call.batch_first) for value in _tensors(given)]
    found = sorted((data for data in laid_out if data is not None), key=lambda data: data.dim())
    return Fed(found[0].detach().cpu()) if found else None


def _tensors(given: Any) -> Iterator[tuple[Tensor, bool]]:
    """Tensors among the arguments, and whether they came out of a packed one, time first."""
    for value in given:
        if isinstance(value, PackedSequence):
            yield pad_packed_sequence(value)[0], True
        elif isinstance(value, Tensor):
            yield value, False


def _batch_first(value: tuple[Tensor, bool], batch: int, steps: int, batch_first: bool | None) -> Tensor | None:
    """(B, T) tokens or (B, T, I) numbers, if that is what the argument can be."""
    data, packed = value
    tokens = not data.is_floating_point() and not data.is_complex() and data.dtype != torch.bool
    if batch == 1 and data.dim() == (1 if tokens else 2) and len(data) == steps:
        return data[None]
    if data.dim() != (2 if tokens else 3):
        return None
    layouts = [False] if packed else [True, False] if batch_first is None else [batch_first]
    for first in layouts:
        laid_out = data if first else data.transpose(0, 1)
        if laid_out.shape[0] == batch and (
            laid_out.shape[1] == steps or (batch_first is None and laid_out.shape[1] > steps)
        ):
            return laid_out
    return None
