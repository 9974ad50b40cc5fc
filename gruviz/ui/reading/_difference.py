"""By how much one recording has more of a quantity than another, where their units correspond."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gruviz.cells import difference
from gruviz.errors import GruvizError
from gruviz.recording import Layer
from gruviz.ui.reading._arranged import Arrangement, arranged
from gruviz.ui.reading._columns import Columns, columns_for
from gruviz.ui.reading._counterpart import Counterpart
from gruviz.ui.reading._heatmap import Heatmap, group_units, indices, limit_of
from gruviz.ui.reading._request import Request, Source, Unfinished
from gruviz.ui.reading._sample import apart
from gruviz.ui.reading._strips import read_columns, strip_for


@dataclass(frozen=True)
class DifferenceRequest(Request):
    """The counterpart minus this sequence, by timestep and unit, for a panel of `width` by `height` pixels.

    A column or row that holds several timesteps or units shows their mean: the difference of means is the mean of
    differences, so it is exact at every level of the pyramids.
    """

    quantity: str
    start: int
    stop: int
    width: int
    height: int
    counterpart: Counterpart
    arrangement: Arrangement = field(default_factory=Arrangement)

    def read(self, source: Source) -> Heatmap | Unfinished:
        """Read both and subtract."""
        layer = self._layer(source)
        other, theirs = self.counterpart.read(source)
        columns = columns_for(self.start, self.stop, self.width)
        values, sampled = self._values(other, theirs, self.counterpart.sequence, columns)
        mine, also = self._values(source, layer, self.sequence, columns)
        if values.shape != mine.shape:
            raise GruvizError(f"{other.recording.name} has changed since it was opened: open it again")
        rows = arranged(source, layer, self.sequence, self.arrangement)
        units = max(1, -(-len(rows.units) // max(self.height, 1)))
        image = group_units((values - mine)[:, rows.units], units, "mean")
        quantity = difference(layer.cell[self.quantity])
        limit = 1.0
        if not layer.cell[self.quantity].fraction:
            limit = limit_of(source, layer, layer.cell[self.quantity])
            limit += limit_of(other, theirs, theirs.cell[self.quantity])
        heatmap = Heatmap(columns, units, indices(image, quantity, limit), limit, rows.units, sampled or also)
        return heatmap if rows.known else Unfinished(heatmap)

    def _values(
        self, source: Source, layer: Layer, sequence: int, columns: Columns
    ) -> tuple[NDArray[np.float32], bool]:
        """What the columns hold, (columns, H), and whether only some of the timesteps were read."""
        strip = strip_for(layer, sequence, self.quantity, columns.step, "mean")
        return read_columns(source, strip, columns), apart(strip, columns) > 1
