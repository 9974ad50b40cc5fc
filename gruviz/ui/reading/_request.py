"""What every request has in common, and what it is answered from."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from gruviz.recording import Layer, Recording, SequenceInfo, Tape


@dataclass
class Source:
    """An open recording and what is worked out from it once. Only the loader's thread holds one."""

    recording: Recording
    known: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, work_out: Callable[[], Any]) -> Any:
        """The value kept under `key`, worked out the first time."""
        if key not in self.known:
            self.known[key] = work_out()
        return self.known[key]


@dataclass(frozen=True)
class Request:
    """A question about one sequence in one layer."""

    slot: str
    layer: str
    sequence: int

    @property
    def subject(self) -> tuple[str, int]:
        """What it is about."""
        return self.layer, self.sequence

    def read(self, source: Source) -> Any:
        """Answer it. Runs in the loader's thread."""
        raise NotImplementedError

    def _layer(self, source: Source) -> Layer:
        return source.recording.layers[self.layer]

    def _tape(self, source: Source) -> Tape:
        return self._layer(source).tape

    def _sequence(self, source: Source) -> SequenceInfo:
        return self._tape(source).sequences[self.sequence]
