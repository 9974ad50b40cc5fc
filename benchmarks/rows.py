"""A row of the table, and the way to compare two things: in turn, several times, the median of the ratios."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    name: str
    value: float | None
    """None where it could not be measured: `detail` says why, and it counts as a miss."""
    unit: str
    goal: str
    """As in `<= 2.0`."""
    detail: str = ""

    @property
    def ok(self) -> bool:
        if self.value is None:
            return False
        sign, limit = self.goal.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "ok": self.ok}

    def __str__(self) -> str:
        value = f"{'-' if self.value is None else format(self.value, '.3g'):>8}"
        verdict = "ok" if self.ok else "MISSED" if self.value is not None else "NOT RUN"
        return f"{self.name:26} {value} {self.unit:5} goal {self.goal:7} {verdict:7} {self.detail}"


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ratio(above: Callable[[], object], below: Callable[[], object], times: int = 5) -> tuple[float, float, float]:
    """The median over pairs of above/below, and the median seconds of each. One pair runs before, uncounted."""
    return ratio_of(lambda: seconds(above), lambda: seconds(below), times)


def ratio_of(above: Callable[[], float], below: Callable[[], float], times: int) -> tuple[float, float, float]:
    """The same of two that measure themselves."""
    pairs = [(above(), below()) for _ in range(times + 1)][1:]
    ratios, tops, bottoms = [a / b for a, b in pairs], [a for a, _ in pairs], [b for _, b in pairs]
    return statistics.median(ratios), statistics.median(tops), statistics.median(bottoms)
