"""Where the gradient goes: that of a loss with respect to every state before it, through all layers and all time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray

from gruviz.errors import GruvizError
from gruviz.model._loss import Loss, ReadOut
from gruviz.model._scaled import Scaled
from gruviz.model._through import Came, Series, back_through_time
from gruviz.model.chain import Link, stack
from gruviz.recording import Recording


@dataclass(frozen=True)
class Measured:
    """What was found of some consecutive timesteps of one layer."""

    layer: str
    start: int
    """The first of them, in the sequence's own time order."""
    values: dict[str, NDArray[Any]]
    """By name as in `gruviz.recording.gradient.FIELDS`, (n,) or (n, W)."""

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))


def gradients(
    recording: Recording, loss: Loss, *, tape: str = "main", sequence: int = 0, units: bool = True, double: bool = True
) -> Iterator[Measured]:
    """Follow the gradient of a loss back through all layers and timesteps of a sequence.

    What comes is the total derivative: dL/dh_t counts every way that h_t acts on the loss, through later timesteps of
    its own layer, through the layers above at its own timestep and at others, and through the read-out. It is what
    backpropagation gives, with no step cut off; of an LSTM dL/dc_t too, in which c_t acts through h_t as well.

    Args:
        recording: with the weights that its sequence was read with.
        loss: of that sequence.
        tape: that it lies on.
        sequence: its index.
        units: whether the direction of the gradient is given too, (n, H), and not its norm alone.
        double: whether it is computed in float64, or else in float32.

    Yields:
        Layer by layer, the top first, in pieces: `norm_hidden`, `direction_hidden`, of an LSTM `norm_cell` and
        `direction_cell`; at last for the first layer `norm_input`, with respect to what went into the network.

    Raises:
        GruvizError: weights are missing, or the network is one whose gradients cannot be told from its recording.
    """
    dtype = torch.float64 if double else torch.float32
    came: Came = loss.comes
    first = ""
    for level in stack(recording, tape):
        links = [Link(recording, layer, sequence, dtype) for layer in level]
        first = links[0].layer.name
        below = Series(links[0].length, links[0].W_ih.shape[1], dtype)
        offset = 0
        for link in links:
            columns = slice(offset, offset + link.size)
            offset = columns.stop
            for passed in back_through_time(link, _part(came, columns)):
                below.add(passed.start, passed.inputs @ link.W_ih)
                yield Measured(link.layer.name, passed.start, _described(passed.states, units))
        came = below.read
    length = recording.tapes[tape].sequences[sequence].length
    for start in range(0, length, _PIECE):
        rows = came(start, min(start + _PIECE, length))
        yield Measured(first, start, {"norm_input": rows.log10_norms()})


_PIECE = 16_384


def _part(came: Came, columns: slice) -> Came:
    """What comes to one direction of a layer."""

    def part(start: int, stop: int) -> Scaled:
        rows = came(start, stop)
        return Scaled(rows.values[:, columns], rows.exponents)

    return part


def _described(states: dict[str, Scaled], units: bool) -> dict[str, NDArray[Any]]:
    values: dict[str, NDArray[Any]] = {f"norm_{name}": rows.log10_norms() for name, rows in states.items()}
    if units:
        values |= {f"direction_{name}": rows.directions() for name, rows in states.items()}
    return values


def loss_of(
    recording: Recording,
    at: str | int = "sum",
    *,
    tape: str = "main",
    sequence: int = 0,
    readout: ReadOut | None = None,
    double: bool = True,
) -> Loss:
    """The loss of a sequence.

    Args:
        recording: it holds the outputs, and what would have been right.
        at: `sum` for the sum over all timesteps, `last` for the last one that has a loss, or a timestep.
        tape: on which tape.
        sequence: its index.
        readout: of the model; the recording's own if it is not given.
        double: as `gradients` is computed.

    Raises:
        GruvizError: there is no read-out, or nothing that says what would have been right.
    """
    readout = readout_of(recording, tape, sequence, readout)
    return Loss(recording, tape, sequence, readout, at, torch.float64 if double else torch.float32)


def readout_of(recording: Recording, tape: str, sequence: int, given: ReadOut | None = None) -> ReadOut:
    """The read-out that says something at each timestep of a sequence: the one given, or the recording's own.

    Raises GruvizError where there is none, or it reads something else than the top layer of the tape.
    """
    readout = given or ReadOut.of(recording, recording.tapes[tape].sequences[sequence].checkpoint)
    if readout is None:
        raise GruvizError(
            f"{recording.name} holds no read-out, so there is no loss: give its model with --model, or ask for "
            "--loss none --lags 0"
        )
    if readout.weight.shape[1] != sum(layer.size for layer in stack(recording, tape)[0]):
        raise GruvizError(f"the read-out does not fit the top layer of {recording.name}")
    return readout
