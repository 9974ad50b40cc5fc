"""For how long units keep, and how often their gates are all but shut or open, over as much as somebody asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import (
    Gathering,
    Histogram,
    Keeps,
    Timescales,
    gather_autocorrelation_time,
    gather_histogram,
    gather_keep,
)
from gruviz.recording import Layer
from gruviz.ui.reading._gathered import TURN, Gathered, Latest
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.view import Extent

_KEPT = 12
"""Passes over the keep, a gate or the state whose results are kept."""


@dataclass(frozen=True)
class Lasting:
    """The timescales of all units."""

    done: float
    """Which fraction is gathered; the rest says nothing before it is all of it."""
    timesteps: int
    """That they are measured over."""
    times: Timescales | None = None
    """None for a cell without a keep."""
    autocorrelation: NDArray[np.float64] | None = None
    """(H,) in timesteps."""

    @property
    def known(self) -> bool:
        """Whether it is all there."""
        return self.autocorrelation is not None


@dataclass(frozen=True)
class Sides:
    """How often each gate of all units has which value."""

    done: float
    timesteps: int
    gates: Mapping[str, Histogram]
    """By quantity; none before all of them are gathered."""


@dataclass(frozen=True)
class MeasureRequest(Request):
    """Over the sequence, over the whole recording, or from `start` up to `stop`, which count for nothing else."""

    extent: Extent
    start: int = 0
    stop: int = 0

    def _rows(self, source: Source) -> tuple[tuple[int, int], ...]:
        """The rows of the tape."""
        info = self._sequence(source)
        if self.extent == "sequence":
            return ((info.offset, info.offset + info.length),)
        if self.extent != "recording":
            return ((info.offset + self.start, info.offset + min(self.stop, info.length)),)
        read = (each for each in self._tape(source).sequences if each.checkpoint == info.checkpoint)
        return tuple((each.offset, each.offset + each.length) for each in read)

    def _gathered(self, source: Source, what: str, rows: tuple[tuple[int, int], ...]) -> Gathered[object]:
        layer = self._layer(source)
        latest: Latest[object] = source.once("measures", lambda: Latest(_KEPT))
        whole = self.extent if self.extent == "recording" else rows
        checkpoint = self._sequence(source).checkpoint
        return latest.get((layer.name, what, whole, checkpoint), lambda: _gathering(layer, what, rows))


@dataclass(frozen=True)
class TimescalesRequest(MeasureRequest):
    """The timescales of all units."""

    def read(self, source: Source) -> Lasting | Unfinished:
        """Gather them, in turns."""
        layer, rows = self._layer(source), self._rows(source)
        timesteps = sum(stop - start for start, stop in rows)
        parts = [self._gathered(source, what, rows) for what in (layer.cell.keep, "autocorrelation") if what]
        for part in parts:
            if not part.go_on(TURN / len(parts)):
                return Unfinished(Lasting(sum(each.done for each in parts) / len(parts), timesteps))
        lasting = parts[-1].value
        assert isinstance(lasting, np.ndarray)
        return Lasting(1.0, timesteps, _keeps(parts[0])[0].timescales() if layer.cell.keep else None, lasting)


@dataclass(frozen=True)
class SaturationRequest(MeasureRequest):
    """The values of all gates of all units."""

    def read(self, source: Source) -> Sides | Unfinished:
        """Gather them, in turns."""
        layer, rows = self._layer(source), self._rows(source)
        timesteps = sum(stop - start for start, stop in rows)
        names = [quantity.name for quantity in layer.cell.quantities if quantity.fraction]
        parts = {name: self._gathered(source, name, rows) for name in names}
        for part in parts.values():
            if not part.go_on(TURN / len(parts)):
                return Unfinished(Sides(sum(each.done for each in parts.values()) / len(parts), timesteps, {}))
        return Sides(1.0, timesteps, {name: _histogram(part) for name, part in parts.items()})


def _gathering(layer: Layer, what: str, rows: tuple[tuple[int, int], ...]) -> Gathering[object]:
    if what == "autocorrelation":
        return gather_autocorrelation_time(layer, rows)
    if what == layer.cell.keep:
        return gather_keep(layer, rows)
    return gather_histogram(layer, what, rows)


def _keeps(gathered: Gathered[object]) -> tuple[Keeps, Histogram]:
    value = gathered.value
    assert isinstance(value, tuple)
    return value


def _histogram(gathered: Gathered[object]) -> Histogram:
    value = gathered.value
    if isinstance(value, tuple):
        return _keeps(gathered)[1]
    assert isinstance(value, Histogram)
    return value
