"""How many timesteps share a column of the screen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """Columns of equal width: column i holds the timesteps `start + i * step` up to `start + (i + 1) * step`."""

    start: int
    """The first timestep, a multiple of `step`, so that columns keep what they hold while the range moves."""
    step: int
    """Timesteps in a column, a power of two; the last column of a sequence may hold fewer."""
    count: int

    @property
    def stop(self) -> int:
        """One past the last timestep that the columns have room for."""
        return self.start + self.step * self.count


def columns_for(start: int, stop: int, pixels: int) -> Columns:
    """The columns in which the timesteps from `start` up to `stop` are drawn `pixels` wide: one a pixel at most."""
    step = 1
    while (stop - start) > step * max(pixels, 1):
        step *= 2
    first = start // step
    return Columns(first * step, step, -(-stop // step) - first)
