"""How files are read, where they do not say it themselves."""

import csv
import math
from dataclasses import asdict, dataclass
from typing import Any

from gruviz.errors import GruvizError

LEAST_BANDS, MOST_BANDS = 3, 512


@dataclass(frozen=True)
class Reading:
    """What the user says about the files. Raises GruvizError for what makes no sense."""

    columns: tuple[str, ...] = ()
    """Names or numbers, from 1, of the columns of a table or an array, or of the channels of a sound; empty for all."""
    rate: float | None = None
    """Timesteps a second of tables and arrays; a sound knows its own."""
    mel: int | None = None
    """Bands of log-mel frames that a sound is turned into; None reads its samples."""
    hop: float = 10.0
    """Milliseconds from one frame to the next."""
    window: float = 25.0
    """Milliseconds of sound that a frame is made of."""

    def __post_init__(self) -> None:
        for what, value in (("rate", self.rate), ("hop", self.hop), ("window", self.window)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise GruvizError(f"the {what} must be a number above 0, not {value:g}")
        if self.mel is not None and not LEAST_BANDS <= self.mel <= MOST_BANDS:
            raise GruvizError(f"log-mel frames have {LEAST_BANDS} to {MOST_BANDS} bands, not {self.mel}")

    @staticmethod
    def listed(text: str) -> tuple[str, ...]:
        """Return the columns of a list with commas between them; a name with a comma in it stands in quotes."""
        names = next(csv.reader([text], skipinitialspace=True), [])
        return tuple(name.strip() for name in names if name.strip())

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> "Reading":
        """Return what `to_json` made these of. Raises GruvizError where they are not that."""
        try:
            given: dict[str, Any] = dict(data)  # type: ignore[call-overload]
            mel, rate = given["mel"], given["rate"]
            return cls(
                columns=tuple(map(str, given["columns"])),
                rate=None if rate is None else float(rate),
                mel=None if mel is None else int(mel),
                hop=float(given["hop"]),
                window=float(given["window"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise GruvizError("how the inputs were read is not said in a way that this gruviz understands") from error
