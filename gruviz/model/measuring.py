"""Gradients added to a recording, with all that can go wrong said and all that takes long told."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gruviz import recording
from gruviz.errors import GruvizError
from gruviz.model._loss import ReadOut
from gruviz.model.chain import Link
from gruviz.model.checkpoint import Loaded
from gruviz.model.connectivity import Outputs, connectivity
from gruviz.model.gradients import Measured, gradients, loss_of
from gruviz.model.jacobians import growth, reach, spread, step_norms, step_radius
from gruviz.model.run import weights_of
from gruviz.recording import GradientWriter, Layer, Recording

OnProgress = Callable[[int, int], bool]
"""Told how much is done, of how much, in timesteps of layers; answers whether to go on."""
LAGS = 32
"""Timesteps that an output is followed back, where nothing else is asked for."""
FOLLOWED = 256
"""Timesteps that a state is followed back."""
RADII = 16
"""Timesteps of a sequence at which the spectral radius is taken."""
_FEW = 2**24
"""Values of a sequence's states up to which the gradient of every unit is kept."""


@dataclass(frozen=True)
class Wanted:
    """What is to be computed of each sequence."""

    loss: str | int | None = "auto"
    """`sum` over all timesteps, `last` for the last one that has a loss, or a timestep; None for no loss. `auto` is the
    sum where there is a loss, and none where there is none."""
    steps: bool = True
    """The norm of every step's Jacobian, its radius at some, and what grows."""
    reach: str | int | None = "last"
    """The timestep of which it is asked what it depends on, `last`, or None."""
    since: int | None = None
    """The timestep of which it is asked what depends on it, or None."""
    followed: int = FOLLOWED
    """Timesteps that the one is followed back at most, and the other on."""
    lags: int | None = None
    """Timesteps that every output is followed back to the inputs; None for `LAGS` where it can be, 0 for none."""
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
        model: whose weights and read-out are taken where the recording holds none. It must be the one that was
            recorded.
        on_progress: see `OnProgress`. An answer of False ends it, and the recording stays as it was.

    Returns:
        Whether it was done: False where `on_progress` ended it.

    Raises:
        GruvizError: what is asked for cannot be computed from this recording, or it cannot be written.
    """
    wanted = wanted or Wanted()
    with recording.open(path) as run:
        tape = _tape(run, tape)
        count = len(run.tapes[tape].sequences)
        if not count:
            raise GruvizError(f"{run.name} holds no sequence: there is nothing to compute gradients of")
        chosen = list(range(count)) if sequences is None else list(sequences)
        if not chosen or not all(0 <= index < count for index in chosen):
            raise GruvizError(f"{run.name} has the sequences 0 to {count - 1}: choose among them")
        readout = None if model is None else _lent(run, model, wanted)
        jobs = [job for index in chosen for job in _jobs(run, tape, index, wanted, readout)]
        if not jobs:
            raise GruvizError(f"nothing is asked for that {run.name} has: leave out an option")
        total, done = sum(job.timesteps for job in jobs), 0
        try:
            with GradientWriter(run) as writer:
                for job in jobs:
                    job.begin(writer)
                    for found in job.work:
                        writer.write(found.layer, job.sequence, found.start, found.values)
                        done += len(found)
                        if on_progress is not None and not on_progress(done, total):
                            raise _StoppedError
        except _StoppedError:
            return False
    return True


class _StoppedError(Exception):
    """Whoever watches has asked for an end."""


@dataclass(frozen=True)
class _Job:
    """One thing to compute of one sequence."""

    sequence: int
    timesteps: int
    """Of all layers, that it gives something of."""
    work: Iterator[Measured]
    begin: Callable[[GradientWriter], None] = lambda writer: None
    """What is said of it before."""


def _jobs(run: Recording, tape: str, index: int, wanted: Wanted, readout: ReadOut | None) -> Iterator[_Job]:
    """All that is wanted of a sequence. Raises GruvizError where something of it cannot be."""
    info, layers = run.tapes[tape].sequences[index], [each for each in run.layers.values() if each.tape.name == tape]
    if not info.length:
        return
    if not layers:
        raise GruvizError(f"there are no layers on the tape {tape} of {run.name}")
    if wanted.loss is not None:
        yield from _of_loss(run, tape, index, wanted, readout, layers)
    for layer in layers:
        yield from _of_layer(run, layer, index, wanted)
    if wanted.lags != 0:
        yield from _of_outputs(run, tape, index, wanted, readout)


def _of_loss(
    run: Recording, tape: str, index: int, wanted: Wanted, readout: ReadOut | None, layers: list[Layer]
) -> Iterator[_Job]:
    at = "sum" if wanted.loss == "auto" else wanted.loss
    assert at is not None
    try:
        loss = loss_of(run, at, tape=tape, sequence=index, readout=readout, double=wanted.double)
    except GruvizError:
        if wanted.loss == "auto":
            return
        raise
    length, units = run.tapes[tape].sequences[index].length, wanted.units
    if units is None:
        units = length * max(layer.size for layer in layers) <= _FEW

    def begin(writer: GradientWriter) -> None:
        for layer in layers:
            writer.of_loss(layer.name, index, loss.at, loss.kind)

    work = gradients(run, loss, tape=tape, sequence=index, units=units, double=wanted.double)
    yield _Job(index, length * (len(layers) + 1), work, begin)


def _of_outputs(run: Recording, tape: str, index: int, wanted: Wanted, readout: ReadOut | None) -> Iterator[_Job]:
    try:
        outputs = Outputs(run, readout, tape=tape, sequence=index, double=wanted.double)
    except GruvizError:
        if wanted.lags is None:
            return
        raise
    lags = LAGS if wanted.lags is None else wanted.lags
    yield _Job(index, run.tapes[tape].sequences[index].length, connectivity(outputs, lags))


def _of_layer(run: Recording, layer: Layer, index: int, wanted: Wanted) -> Iterator[_Job]:
    link = Link(run, layer, index, torch.float64 if wanted.double else torch.float32)
    if wanted.steps:
        yield _Job(index, link.length, step_norms(link))
        yield _Job(index, link.length, growth(link))
        places = np.unique(np.linspace(0, link.length - 1, RADII).astype(int)).tolist()
        yield _Job(index, len(places), _radii(link, places))
    if wanted.reach is not None:
        last = 0 if layer.backward else link.length - 1
        t = last if wanted.reach == "last" else wanted.reach
        if not isinstance(t, int) or not 0 <= t < link.length:
            raise GruvizError(f"there is no timestep {t} to be reached: give last, or 0 to {link.length - 1}")
        behind = link.length - 1 - t if layer.backward else t
        units = wanted.units is not False
        work = reach(link, t, wanted.followed, units)
        yield _Job(index, min(wanted.followed, behind) + 1, work, lambda w: w.of_reached(layer.name, index, t))
    if wanted.since is not None:
        s = wanted.since
        if not 0 <= s < link.length:
            raise GruvizError(f"there is no timestep {s} to be followed: give 0 to {link.length - 1}")
        ahead = s if layer.backward else link.length - 1 - s
        work = spread(link, s, wanted.followed, wanted.units is not False)
        yield _Job(index, min(wanted.followed, ahead) + 1, work, lambda w: w.of_since(layer.name, index, s))


def _radii(link: Link, places: Sequence[int]) -> Iterator[Measured]:
    for t in places:
        yield Measured(link.layer.name, t, {"step_radius": np.array([step_radius(link, t)], np.float32)})


def _tape(run: Recording, name: str | None) -> str:
    if name is None:
        said = [name for name, tape in run.tapes.items() if "values" in tape.outputs]
        return (said or list(run.tapes))[0]
    if name not in run.tapes:
        raise GruvizError(f"{run.name} has no tape {name}, only {', '.join(run.tapes)}")
    return name


def _lent(run: Recording, model: Loaded, wanted: Wanted) -> ReadOut | None:
    """Take what the recording lacks from a model file: weights, and the read-out, which is given.

    Raises GruvizError where it is another model's, or has no read-out and a loss is asked for.
    """
    theirs = [step for step, about in run.checkpoints.items() if about.get("sha256") == model.sha256]
    if not theirs:
        raise GruvizError(f"{run.name} was recorded with other weights: give the model that it was recorded with")
    for step in theirs:
        run.lend(weights_of(model), step)
    (*_, last) = model.parts
    if last.readout is None:
        if wanted.loss in ("auto", None):
            return None
        raise GruvizError("the model has no read-out, so there is no loss: ask for --loss none")
    weight = last.readout.weight.detach().cpu().double().numpy()
    return ReadOut(weight, None if model.std is None else model.std.astype(np.float64))
