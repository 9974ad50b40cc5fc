"""From the calls of a forward pass to the tapes of a recording."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.model._call import Call, LayerRun
from gruviz.model._chains import Chain, chains, follows
from gruviz.model._fed import Fed, fed, joined
from gruviz.model._pieces import Piece, groups, replay_ahead, replay_piece
from gruviz.model.device import describe
from gruviz.recording import Writer
from gruviz.recording.schema import NO_CHECKPOINT

__all__ = ["Passes", "Piece", "add_layer", "replay_piece"]


class _Steps:
    """Passes of single steps, each going on where the one before ended: held back until their sequences have ended."""

    def __init__(self, calls: Sequence[Call], given: Sequence[Any], number: int, names: Any, checkpoint: int) -> None:
        self.chains = chains(calls)
        self.fed = {call.module: [_kept(given, call)] for call in calls}
        self.number, self.names, self.checkpoint = number, names, checkpoint

    def take(self, calls: Sequence[Call], given: Sequence[Any], checkpoint: int) -> bool:
        """Take a pass that goes on in all of its modules; False for one that does not."""
        if [call.module for call in calls] != list(self.chains):
            return False
        if (checkpoint == NO_CHECKPOINT) != (self.checkpoint == NO_CHECKPOINT):
            return False
        # What calls a model may well change its state between two passes, to begin an episode anew for instance; what
        # calls a cell is a network that was written without a module, and changes it as it likes.
        alone = [call.module for call in calls] == [""]
        taken = [call for call in calls if self.chains[call.module][0].take(call, rows=not alone)]
        if len(taken) < len(calls):
            for call in taken:
                self.chains[call.module][0].calls.pop()
            return False
        for call in calls:
            self.fed[call.module].append(_kept(given, call))
        return True


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
        self._steps: _Steps | None = None

    def write(
        self,
        calls: Sequence[Call],
        given: Sequence[Any],
        *,
        lengths: Tensor | None = None,
        names: Sequence[str] | None = None,
        checkpoint: int = NO_CHECKPOINT,
    ) -> bool:
        """Write one pass, or hold it back where it is a single step that more may follow: see `finish`.

        Args:
            calls: in the order in which they were made.
            given: the arguments of the root module.
            lengths: (B,) how much of each padded sequence is real, in the caller's order.
            names: of the sequences, in the caller's order.
            checkpoint: the training step, or -1.

        Returns:
            Whether it begins sequences of its own, instead of going on with those of the pass before.
        """
        number, self._number = self._number, self._number + 1
        step = lengths is None and _is_step(calls)
        if step and self._steps is not None and self._steps.take(calls, given, checkpoint):
            return False
        self.finish()
        if step:
            self._steps = _Steps(calls, given, number, names, checkpoint)
            return True
        found = _joined(chains(calls))
        first = found[calls[0].module][0]
        if lengths is not None:
            _check_lengths(lengths, first)
        inputs = {module: [fed(given, call) for call in mine] for module, mine in found.items()}
        self._write(found, inputs, number, lengths, names, checkpoint, padded=first.steps)
        return True

    def finish(self) -> None:
        """Write the single steps that were held back: their sequences have ended."""
        steps, self._steps = self._steps, None
        if steps is not None:
            inputs = {module: [joined(parts)] for module, parts in steps.fed.items()}
            self._write(_joined(steps.chains), inputs, steps.number, None, steps.names, steps.checkpoint)

    def _write(
        self,
        found: Mapping[str, Sequence[Call]],
        inputs: Mapping[str, Sequence[Fed | None]],
        number: int,
        lengths: Tensor | None,
        names: Sequence[str] | None,
        checkpoint: int,
        padded: int = 0,
    ) -> None:
        for tape, modules in self._assign(found, number):
            mates = zip(*(found[module] for module in modules), strict=True)
            for chain, given in zip(mates, inputs[modules[0]], strict=True):
                alike = lengths is not None and chain[0].x.shape[:2] == (padded, len(lengths))
                known = lengths if alike else None
                self._write_chain(tape, chain, given, known, names, number, checkpoint)

    def _assign(self, found: Mapping[str, Sequence[Call]], number: int) -> Iterator[tuple[str, list[str]]]:
        """Modules that keep step with each other share a tape: the same sequences, equally long, in every pass."""
        left = dict(found)
        for tape, modules in self._tapes.items():
            here = [module for module in modules if left.pop(module, None)]
            if len({_signature(found[module]) for module in here}) == 1 and here == modules:
                yield tape, modules
            elif here:
                warnings.warn(
                    f"pass {number} is not recorded for {', '.join(modules)}: until now they read the same "
                    "sequences in step, and in this pass they do not; record them one at a time",
                    stacklevel=2,
                )
        sets: list[list[str]] = []
        for module in left:
            mates = (mine for mine in sets if all(_in_step(found[module], found[other]) for other in mine))
            mine = next(mates, None)
            if mine is None:
                sets.append([module])
            else:
                mine.append(module)
        for modules in sets:
            alone = not self._tapes and len(sets) == 1
            tape = "main" if alone else modules[0] or "main"
            self._tapes[tape] = modules
            yield tape, modules

    def _write_chain(
        self,
        tape: str,
        chain: Sequence[Call],
        given: Fed | None,
        lengths: Tensor | None,
        names: Sequence[str] | None,
        number: int,
        checkpoint: int,
    ) -> None:
        """Write the sequences of a batch, which all layers of a tape have read."""
        first = chain[0]
        recorded = first.lengths if lengths is None else torch.minimum(first.lengths, lengths)
        if tape not in self._tokens:
            self._add(tape, chain, given)
        runs = [(call, run) for call in chain for run in call.layers]
        for items, places in groups(recorded, first.x.shape[0]):
            pieces = replay_ahead(runs, items, recorded)
            block = next(pieces)
            for place in places:
                item = items.start + place
                length = int(recorded[item])
                start = self._sequences[tape]
                self._writer.begin(
                    tape,
                    names[item] if names is not None and item < len(names) else f"sequence {start}",
                    initial={run.name: block.initial(run.name, place) for _, run in runs},
                    pass_=number,
                    item=item,
                    checkpoint=checkpoint,
                )
                self._sequences[tape] += 1
                while True:
                    stop = min(block.stop, length)
                    if stop > block.start:
                        what = self._input(tape, first, given, item, block.start, stop)
                        layers = {run.name: block.layer(run.name, place, stop) for _, run in runs}
                        self._writer.append(tape, layers, **what)
                    if stop >= length:
                        break
                    block = next(pieces)
                self._writer.end(tape)

    def _add(self, tape: str, chain: Sequence[Call], given: Fed | None) -> None:
        tokens = given is not None and given.tokens
        width = 0 if tokens else (chain[0].x if given is None else given.data).shape[2]
        self._tokens[tape] = (tokens, width)
        self._sequences[tape] = 0
        columns = self._columns if len(self._columns) == width else ()
        self._writer.add_tape(tape, vocabulary=self._vocabulary if tokens else None, columns=columns)
        for call in chain:
            for run in call.layers:
                add_layer(self._writer, tape, run)

    def _input(self, tape: str, call: Call, given: Fed | None, item: int, start: int, stop: int) -> dict[str, Any]:
        """What went in: the caller's tokens or numbers, or else what the first layer got."""
        tokens, width = self._tokens[tape]
        if tokens:
            if given is None or not given.tokens:
                return {"tokens": np.full(stop - start, -1, np.int32)}
            return {"tokens": given.data[item, start:stop].numpy().astype(np.int32)}
        data = call.x[start:stop, item] if given is None or given.tokens else given.data[item, start:stop]
        if data.shape[1] != width:
            return {"values": np.full((stop - start, width), np.nan, np.float32)}
        return {"values": data.detach().float().cpu().numpy()}


def add_layer(writer: Writer, tape: str, run: LayerRun, name: str | None = None, convention: str = "pytorch") -> None:
    """Add a layer to a recording, as it ran."""
    device, dtype = run.hidden.device, str(run.ran).removeprefix("torch.")
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
        projection=run.projection,
        reset=run.reset,
        nonlinearity=run.nonlinearity,
    )


def _kept(given: Sequence[Any], call: Call) -> Fed | None:
    """What was given, copied: whoever calls a model step by step may use one tensor for all of its inputs."""
    found = fed(given, call)
    return None if found is None else Fed(found.data.clone())


def _joined(found: Mapping[str, Sequence[Chain]]) -> dict[str, list[Call]]:
    return {module: [chain.joined() for chain in mine] for module, mine in found.items()}


def _is_step(calls: Sequence[Call]) -> bool:
    """Whether a pass is a single step of each of its modules."""
    once = len({call.module for call in calls}) == len(calls)
    return once and all(call.steps == 1 and not call.packed and not call.layers[-1].backward for call in calls)


def _signature(mine: Sequence[Call]) -> Any:
    return tuple(tuple(call.lengths.tolist()) for call in mine)


def _in_step(some: Sequence[Call], others: Sequence[Call]) -> bool:
    """Whether two modules keep step: they read equally long sequences, at the same time.

    Of modules that are called once for each timestep, time is told by the order of their calls: a decoder's loop comes
    after an encoder's. Of those that read a sequence whole, one that begins with the state that the other ended with
    comes after it.
    """
    if _signature(some) != _signature(others):
        return False
    (a, b), (c, d) = ((mine[0].span[0], mine[-1].span[1]) for mine in (some, others))
    loops = [any(call.span[0] < call.span[1] for call in mine) for mine in (some, others)]
    if any(loops):
        return all(loops) and a < d and c < b
    pairs = list(zip(some, others, strict=True))
    return not any(follows(one, other) or follows(other, one) for one, other in pairs)


def _check_lengths(lengths: Tensor, call: Call) -> None:
    steps, batch = call.x.shape[:2]
    if lengths.shape != (batch,) or int(lengths.min()) < 1 or int(lengths.max()) > steps:
        raise GruvizError(
            f"lengths={lengths.tolist()}: give one whole number from 1 to {steps} for each of the {batch} sequences"
        )
