"""Which past inputs the present output depends on: the norm of dy_t/dx_(t-j) at every timestep t, for every lag j.

The connectivity of Madsen 2019, "Visualizing memorization in RNNs", Distill, doi:10.23915/distill.00016: the norm of
the gradient of the output in question with respect to an earlier input. Here it is the likeliest output, in logits,
where symbols come out; where numbers do, all of them, by the Frobenius norm. The input is what the first layer reads: a
row of numbers, or the embedding of a symbol. A network that reads backward has its lags ahead.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gruviz.errors import GruvizError
from gruviz.model._loss import ReadOut, fits
from gruviz.model.chain import Link, stack
from gruviz.model.gradients import Measured, readout_of
from gruviz.recording import Recording

_VALUES = 2**20
"""Of a gradient, that are in memory at a time."""


class Outputs:
    """What a network said at each timestep of a sequence, and the layers that it said it through."""

    def __init__(
        self,
        recording: Recording,
        readout: ReadOut | None = None,
        *,
        tape: str = "main",
        sequence: int = 0,
        double: bool = True,
    ) -> None:
        """Prepare to read; see `gruviz.model.gradients.loss_of`.

        Raises:
            GruvizError: there is no read-out, or the network reads in both directions, so that what is followed back
                from one output reaches an input by ways that go to and fro.
        """
        self.tape, self.info = recording.tapes[tape], recording.tapes[tape].sequences[sequence]
        dtype = torch.float64 if double else torch.float32
        levels = stack(recording, tape)
        readout = readout_of(recording, tape, sequence, readout)
        if any(len(level) > 1 for level in levels):
            raise GruvizError(f"{recording.name} reads in both directions: its outputs are not followed back to inputs")
        self.links = [Link(recording, level[0], sequence, dtype) for level in levels]
        """The top first."""
        self.weight = torch.from_numpy(np.asarray(readout.weight)).to(dtype)
        """(O, H)"""
        architecture = recording.model.get("architecture")
        self.skip = isinstance(architecture, dict) and architecture.get("skip") is True
        """Whether the inputs are added to the outputs."""
        symbols = self.tape.tokens(slice(0, 0)) is not None
        if symbols and not fits(self.tape, self.weight):
            raise GruvizError(f"{recording.name} does not hold its outputs: record it again")
        self.asked = 1 if symbols else len(self.weight)
        """How many outputs are followed at each timestep."""

    def at(self, rows: slice) -> Tensor:
        """The gradient of the outputs in question with respect to the top hidden states, (O, n, H)."""
        if self.asked == len(self.weight):
            return self.weight[:, None].expand(-1, rows.stop - rows.start, -1)
        offset = self.info.offset
        said = self.tape.output("values", slice(offset + rows.start, offset + rows.stop))
        return self.weight[torch.from_numpy(said.argmax(axis=1))][None]


def connectivity(outputs: Outputs, lags: int) -> Iterator[Measured]:
    """Follow every output of a sequence back over `lags` timesteps, those of all timesteps at once.

    It takes as many products of matrices as there are lags, layers and outputs in question, whatever the length.

    Yields:
        `connectivity`, (n, lags), in log10, of the first layer: NaN where there is no input so long before.
    """
    links, length = outputs.links, outputs.info.length
    many = max(1, _VALUES // (outputs.asked * max(link.size for link in links) * 4))
    for start in range(0, length, many):
        rows = slice(start, min(start + many, length))
        found = _followed(links, outputs.at(rows), rows, lags, outputs.skip)
        with np.errstate(divide="ignore"):
            yield Measured(links[-1].layer.name, start, {"connectivity": np.log10(found)})


def _followed(links: list[Link], seeds: Tensor, rows: slice, lags: int, skip: bool) -> np.ndarray:
    """The norms at some timesteps, (n, lags), from what sets out at the top hidden states there, (O, n, H)."""
    length, backward = links[0].length, links[0].layer.backward
    first, end = (rows.start, min(rows.stop + lags, length)) if backward else (max(rows.start - lags, 0), rows.stop)
    slopes = [link.slopes(first, end) for link in links]
    gradients = [torch.zeros(len(seeds), rows.stop - rows.start, slope.size, dtype=seeds.dtype) for slope in slopes]
    gradients[0][..., : seeds.shape[-1]] = seeds
    found = np.full((rows.stop - rows.start, lags), np.nan)
    for lag in range(lags):
        # The outputs that there is an input for, so long before: a part of the rows, in the order of time.
        low, high = (rows.start, min(rows.stop, length - lag)) if backward else (max(rows.start, lag), rows.stop)
        if low >= high:
            break
        own = slice(low - rows.start, high - rows.start)
        shift = (lag if backward else -lag) - first
        for number, (link, slope) in enumerate(zip(links, slopes, strict=True)):
            before, to_sums = slope[low + shift : high + shift].back(gradients[number][:, own])
            gradients[number][:, own] = before
            to_inputs = to_sums @ link.W_ih
            if number + 1 < len(links):  # at the same timestep, the layer below
                gradients[number + 1][:, own, : to_inputs.shape[-1]] += to_inputs
        if skip and lag == 0:
            to_inputs = to_inputs + torch.eye(len(seeds), dtype=seeds.dtype)[:, None]
        found[own, lag] = torch.linalg.vector_norm(to_inputs, dim=(0, 2)).numpy()
    return found
