"""A row of the table, and the way to compare two things: in turn, several times, the median of the ratios."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    name: str
    value: float
    unit: str
    goal: str
    """As in `<= 2.0`."""
    detail: str = ""

    @property
    def ok(self) -> bool:
        sign, limit = self.goal.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "ok": self.ok}

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "MISSED"
        return f"{self.name:24} {self.value:10.3g} {self.unit:8} goal {self.goal:8} {verdict:7} {self.detail}"


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ratio(above: Callable[[], object], below: Callable[[], object], times: int = 5) -> tuple[float, float, float]:
    """The median over pairs of above/below, and the median seconds of each. One pair runs before, uncounted."""
    pairs = [(seconds(above), seconds(below)) for _ in range(times + 1)][1:]
    ratios, tops, bottoms = [a / b for a, b in pairs], [a for a, _ in pairs], [b for _, b in pairs]
    return statistics.median(ratios), statistics.median(tops), statistics.median(bottoms)
