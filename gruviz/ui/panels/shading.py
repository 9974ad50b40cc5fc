"""The sequence shaded by the weight of each timestep in the state at the cursor, or by what the output depends on."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Slot
from PySide6.QtGui import QColor, QImage, QPainter

from gruviz import palette
from gruviz.ui.panels.panel import Context
from gruviz.ui.reading import Memory, Sensitivity
from gruviz.view import Shading as By

_MOST = 150
"""The opacity, of 255, of a weight of 1: what is written there stays legible."""
_LEAST = 4
"""Below this opacity nobody sees anything."""
_COLOURS: dict[By, str] = {"weight": palette.RETAINED, "output": palette.GRADIENT}
_SHADES = {
    shading: [QColor(*palette.rgb(colour), alpha) for alpha in range(_MOST + 1)] for shading, colour in _COLOURS.items()
}
TIP = (
    "Shaded blue: how much of what was written at each timestep is in the state at the cursor (opacity √weight, so "
    "that 1 % can be seen). The direct path alone: a candidate reads the old states again. A large weight on a "
    "candidate near 0 contributes nothing.<br>Shaded purple: how much the likeliest output at the cursor depends on "
    "each input, all paths counted, in parts of the largest (opacity √part; Madsen 2019)."
)


class Shading(QObject):
    """Looks at what it is to be shaded by while the sequence is to be shaded, and tells when it looks otherwise."""

    def __init__(self, context: Context, who: str, changed: Callable[[], object]) -> None:
        super().__init__()
        self._context, self._who, self._changed = context, who, changed
        context.composing.changed.connect(self._tell)
        context.sensing.changed.connect(self._tell)
        context.state.memory_changed.connect(self._look)
        self._look()

    def end(self) -> None:
        """Nobody looks any more."""
        self._context.composing.changed.disconnect(self._tell)
        self._context.sensing.changed.disconnect(self._tell)
        self._context.state.memory_changed.disconnect(self._look)
        self._context.composing.look(self._who, False)
        self._context.sensing.look(self._who, False)

    @Slot()
    def _look(self) -> None:
        view = self._context.state.view
        self._context.composing.look(self._who, view.shaded and view.shading == "weight")
        self._context.sensing.look(self._who, view.shaded and view.shading == "output")
        self._changed()

    @Slot()
    def _tell(self) -> None:
        if self._context.state.view.shaded:
            self._changed()

    @property
    def behind(self) -> bool | None:
        """Whether what is shaded lies before the cursor, as in a layer that reads forward; None while nothing is."""
        view, layer = self._context.state.view, self._context.layer
        known = layer.cell.keep is not None if view.shading == "weight" else self._found is not None
        return not layer.backward if view.shaded and known else None

    @property
    def _found(self) -> Memory | Sensitivity | None:
        """The newest answer: while the cursor moves, the one that was made last, so that nothing flickers."""
        view = self._context.state.view
        if not view.shaded:
            return None
        return self._context.composing.answer if view.shading == "weight" else self._context.sensing.answer

    def shades(self, start: int, stop: int) -> dict[int, QColor]:
        """The colours of those timesteps from `start` up to `stop` that have one."""
        found = self._found
        if found is None or stop <= start:
            return {}
        alpha, shades = _alpha(found.of(start, stop)), _SHADES[self._context.state.view.shading]
        return {start + int(place): shades[alpha[place]] for place in np.flatnonzero(alpha >= _LEAST)}

    def paint(self, painter: QPainter, rect: QRectF, start: int, stop: int) -> None:
        """Shade a panel that shows the timesteps from `start` up to `stop` over its whole width."""
        found = self._found
        if found is None or stop <= start:
            return
        first, last = max(start, found.start), min(stop, found.start + len(found.weights))
        if last <= first:
            return
        step = max(1, -(-(last - first) // max(int(rect.width()), 1)))
        alpha = _alpha(np.maximum.reduceat(found.of(first, last), np.arange(0, last - first, step)))
        pixels = np.zeros((1, len(alpha), 4), np.uint8)
        pixels[..., :3] = palette.rgb(_COLOURS[self._context.state.view.shading])
        pixels[..., 3] = alpha
        column = rect.width() / (stop - start)
        image = QImage(pixels.data, len(alpha), 1, 4 * len(alpha), QImage.Format.Format_RGBA8888)
        painter.drawImage(QRectF((first - start) * column, 0, len(alpha) * step * column, rect.height()), image)


def _alpha(weights: NDArray[np.float64]) -> NDArray[np.uint8]:
    alpha: NDArray[np.uint8] = np.rint(np.sqrt(np.clip(np.nan_to_num(weights), 0, 1)) * _MOST).astype(np.uint8)
    return alpha
