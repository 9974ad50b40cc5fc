"""Gradients added to a recording, with all that can go wrong said and all that takes long told."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gruviz import recording
from gruviz.errors import GruvizError
from gruviz.model._chain import stack
from gruviz.model._loss import Loss, ReadOut
from gruviz.model.checkpoint import Loaded
from gruviz.model.gradients import Measured, gradients, loss_of
from gruviz.recording import GradientWriter, Recording

OnProgress = Callable[[int, int], bool]
"""Told how many timesteps of layers are done, of how many; answers whether to go on."""
_FEW = 2**24
"""Values of a sequence's states up to which the gradient of every unit is kept."""


@dataclass(frozen=True)
class Wanted:
    """What is to be computed of each sequence."""

    loss: str | int | None = "sum"
    """`sum` over all timesteps, `last` for the last one that has a loss, or a timestep; None for no loss."""
    units: bool | None = None
    """Whether the gradient of every unit is kept beside the norms; None where that is not too much."""
    double: bool = True
    """In float64, or else in float32."""


def measure(
    path: str | os.PathLike[str],
    wanted: Wanted | None = None,
    *,
    tape: str | None = None,
    sequences: Sequence[int] | None = None,
    model: Loaded | None = None,
    on_progress: OnProgress | None = None,
) -> bool:
    """Compute gradients of a recording and add them to it.

    The recording is replaced by one that has them, once all of them are there; until then it is as it was.

    Args:
        path: the recording.
        wanted: what to compute.
        tape: whose sequences; the one with a read-out, or the first, if it is not given.
        sequences: their indices; all of the tape if they are not given.
        model: whose read-out is taken where the recording holds none. It must be the one that was recorded.
        on_progress: see `OnProgress`. An answer of False ends it, and the recording stays as it was.

    Returns:
        Whether it was done: False where `on_progress` ended it.

    Raises:
        GruvizError: what is asked for cannot be computed from this recording, or it cannot be written.
    """
    wanted = wanted or Wanted()
    with recording.open(path) as run:
        tape = _tape(run, tape)
        chosen = range(len(run.tapes[tape].sequences)) if sequences is None else sequences
        if not chosen or not all(0 <= index < len(run.tapes[tape].sequences) for index in chosen):
            raise GruvizError(
                f"{run.name} has the sequences 0 to {len(run.tapes[tape].sequences) - 1}: choose among them"
            )
        readout = None if model is None else _readout(run, model)
        losses = {
            index: loss_of(run, wanted.loss, tape=tape, sequence=index, readout=readout, double=wanted.double)
            for index in chosen
            if wanted.loss is not None
        }
        layers = [layer.name for level in stack(run, tape) for layer in level]
        total = sum(run.tapes[tape].sequences[index].length for index in chosen) * (len(layers) + 1)
        done = 0
        try:
            with GradientWriter(run) as writer:
                for index in chosen:
                    if index in losses:
                        for layer in layers:
                            writer.describe(layer, index, losses[index].at, losses[index].kind)
                    for found in _found(run, tape, index, losses.get(index), wanted):
                        writer.write(found.layer, index, found.start, found.values)
                        done += len(found)
                        if on_progress is not None and not on_progress(done, total):
                            raise _StoppedError
        except _StoppedError:
            return False
    return True


class _StoppedError(Exception):
    """Whoever watches has asked for an end."""


def _found(run: Recording, tape: str, index: int, loss: Loss | None, wanted: Wanted) -> Iterator[Measured]:
    if loss is not None:
        units = wanted.units
        if units is None:
            most = max(layer.size for layer in run.layers.values())
            units = run.tapes[tape].sequences[index].length * most <= _FEW
        yield from gradients(run, loss, tape=tape, sequence=index, units=units, double=wanted.double)


def _tape(run: Recording, name: str | None) -> str:
    if name is None:
        said = [name for name, tape in run.tapes.items() if "values" in tape.outputs]
        return (said or list(run.tapes))[0]
    if name not in run.tapes:
        raise GruvizError(f"{run.name} has no tape {name}, only {', '.join(run.tapes)}")
    return name


def _readout(run: Recording, model: Loaded) -> ReadOut:
    """That of a model file. Raises GruvizError where it is another model's, or has none."""
    if all(about.get("sha256") != model.sha256 for about in run.checkpoints.values()):
        raise GruvizError(f"{run.name} was recorded with other weights: give the model that it was recorded with")
    (*_, last) = model.parts
    if last.readout is None:
        raise GruvizError("the model has no read-out, so there is no loss: ask for --loss none")
    weight = last.readout.weight.detach().cpu().double().numpy()
    return ReadOut(weight, None if model.std is None else model.std.astype(np.float64))
