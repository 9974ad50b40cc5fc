"""What every request has in common, and what it is answered from."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import gruviz.recording
from gruviz.cells import Thresholds
from gruviz.recording import Layer, Recording, SequenceInfo, Tape
from gruviz.ui.reading._recount import Recount
from gruviz.ui.reading._tiles import Tiles


@dataclass
class Source:
    """An open recording and what is worked out from it once. Only the loader's thread holds one."""

    recording: Recording
    known: dict[Hashable, Any] = field(default_factory=dict)
    tiles: Tiles = field(default_factory=Tiles)
    _beside: "Source | None" = None

    def beside(self, path: str) -> "Source":
        """Another recording, to compare with: the last one of these stays open.

        Raises:
            GruvizError: it cannot be opened.
        """
        if self._beside is None or str(self._beside.recording.path) != path:
            recording = gruviz.recording.open(path)
            if self._beside is not None:
                self._beside.close()
            self._beside = Source(recording)
        return self._beside

    def close(self) -> None:
        """Close all that is open."""
        self.recording.close()
        if self._beside is not None:
            self._beside.close()

    def once(self, key: Hashable, work_out: Callable[[], Any]) -> Any:
        """The value kept under `key`, worked out the first time."""
        if key not in self.known:
            self.known[key] = work_out()
        return self.known[key]

    def kept(self, kind: str, key: Hashable, work_out: Callable[[], Any], most: int) -> Any:
        """The same for one of many of a kind: the `most` that were looked at last are kept."""
        of_kind = self.known.setdefault(kind, {})
        value = of_kind.pop(key) if key in of_kind else work_out()
        of_kind[key] = value
        while len(of_kind) > most:
            of_kind.pop(next(iter(of_kind)))
        return value

    def recount(self, layer: Layer, sequence: int, thresholds: Thresholds) -> Recount:
        """The counts at these thresholds: those of one sequence, at one setting, are kept."""
        kept = self.known.get("recount")
        if kept is None or (kept.layer.name, kept.sequence, kept.thresholds) != (layer.name, sequence, thresholds):
            kept = self.known["recount"] = Recount(layer, sequence, thresholds)
        return kept


@dataclass(frozen=True)
class Unfinished:
    """An answer to be shown until a better one comes: ask the same again for that."""

    answer: Any


@dataclass(frozen=True)
class Request:
    """A question about one sequence in one layer."""

    slot: str
    layer: str
    sequence: int

    apart: ClassVar[bool] = False
    """Whether it may take so long that it is answered on a thread beside the one that pictures wait for."""

    @property
    def subject(self) -> tuple[str, int]:
        """What it is about."""
        return self.layer, self.sequence

    def read(self, source: Source) -> Any:
        """Answer it, or give an `Unfinished`. Runs in the loader's thread, and should not keep newer ones waiting."""
        raise NotImplementedError

    def look_ahead(self, source: Source, before: "Request") -> None:
        """Read what will probably be asked for next, coming from the request before. Called when nothing is to do."""

    def _layer(self, source: Source) -> Layer:
        return source.recording.layers[self.layer]

    def _tape(self, source: Source) -> Tape:
        return self._layer(source).tape

    def _sequence(self, source: Source) -> SequenceInfo:
        return self._tape(source).sequences[self.sequence]
