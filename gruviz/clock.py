"""Time where timesteps have a rate: how it is said, how it is read, and where an axis is marked."""

import math
import re
from dataclasses import dataclass

_SLOWEST, _FASTEST = 1e-9, 1e9
_LONGEST_UNIT = 12
_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)"


@dataclass(frozen=True)
class Clock:
    """Turns timesteps, which stay the integers that everything else counts in, into units of time."""

    rate: float
    """Timesteps per unit, above 0."""
    unit: str = "s"

    @classmethod
    def of(cls, rate: float | None, unit: str | None) -> "Clock | None":
        """The clock of a tape; None where it has no rate, or one that cannot be."""
        if rate is None or not _SLOWEST <= rate <= _FASTEST:
            return None
        return cls(rate, (unit or "s")[:_LONGEST_UNIT])

    @property
    def title(self) -> str:
        """What an axis is called."""
        return f"time ({self.unit})"

    @property
    def digits(self) -> int:
        """Decimals that tell a timestep from the next."""
        return max(0, math.ceil(math.log10(self.rate) - 1e-9))

    def number(self, timestep: float) -> str:
        """The time of a timestep, or between two, without its unit."""
        return f"{timestep / self.rate:,.{self.digits}f}"

    def say(self, timestep: float) -> str:
        """The time of a timestep, with its unit."""
        return f"{self.number(timestep)} {self.unit}"

    def timestep(self, text: str) -> int | None:
        """The timestep nearest to a time such as `1.32 s`; None where it is none. Without a unit it needs a point."""
        found = re.fullmatch(rf"\s*{_NUMBER}\s*({re.escape(self.unit)})?\s*", text)
        if found is None or not (found[2] or "." in found[1]):
            return None
        return round(float(found[1].replace(",", "")) * self.rate)

    def ticks(self, start: int, stop: int, most: float) -> list[tuple[float, str]]:
        """Places and labels of no more than about `most` ticks among the timesteps from `start` up to `stop`.

        They stand at 1, 2 or 5 times a power of ten units, which may be between two timesteps.
        """
        least = max((stop - start) / max(most, 1), 1) / self.rate
        power = math.floor(math.log10(least))
        factor = next(factor for factor in (1, 2, 5, 10) if factor * 10.0**power >= least * (1 - 1e-9))
        step, digits = factor * 10.0**power, max(0, -power - (factor == 10))
        first = math.ceil(start / self.rate / step - 1e-9)
        last = math.floor((stop - 1) / self.rate / step + 1e-9)
        return [(number * step * self.rate, f"{number * step:,.{digits}f}") for number in range(first, last + 1)]
