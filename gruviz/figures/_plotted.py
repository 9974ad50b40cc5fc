"""The numbers that a figure shows, as it shows them: each an array with the places of its entries."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Plotted:
    """One array of a figure."""

    name: str
    values: NDArray[Any]
    """Numbers, or symbols of a text."""
    about: str
    """What it is, with its unit of measure."""
    places: dict[str, NDArray[Any]]
    """For each axis of the values its name, such as `timestep`, and where along it each entry stands."""

    def __post_init__(self) -> None:
        shape = tuple(len(each) for each in self.places.values())
        if shape != self.values.shape:
            raise ValueError(f"{self.name} has the shape {self.values.shape}, its places {shape}")
