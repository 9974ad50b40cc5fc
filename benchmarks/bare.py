"""A bare pyqtgraph scene with as many pixels as ours: three heatmaps, curves, and one line over all of them.

What it takes is what pyqtgraph takes, on this machine and today.
"""

from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QApplication, QGraphicsLineItem

from benchmarks.frames import SIZE, Hand, Paints

UNITS, COLUMNS, CURVES = 512, 1200, 4


class Bare:
    """The scene, in a window of its own."""

    def __init__(self, app: QApplication) -> None:
        pg.setConfigOptions(imageAxisOrder="row-major")
        rng = np.random.default_rng(0)
        self.window = pg.GraphicsLayoutWidget(size=SIZE)
        self.images, self._pictures = [], []
        for row in range(3):
            plot = self.window.addPlot(row=row, col=0)
            picture = rng.integers(0, 255, (UNITS, 2 * COLUMNS), np.uint8)
            image = pg.ImageItem(picture[:, :COLUMNS], levels=(0, 255))
            image.setColorMap("viridis")
            plot.addItem(image)
            plot.setRange(xRange=(0, COLUMNS), yRange=(0, UNITS), padding=0)
            self.images.append(image)
            self._pictures.append(picture)
        plot = self.window.addPlot(row=3, col=0)
        for curve in range(CURVES):
            plot.plot(rng.random(COLUMNS) + curve, pen=pg.mkPen(pg.intColor(curve), width=1))
        plot.setRange(xRange=(0, COLUMNS), padding=0)
        self._line = QGraphicsLineItem(QLineF(0, 0, 0, SIZE[1]))
        self._line.setPen(QPen(pg.mkColor("w"), 1))
        self._line.setZValue(1000)
        self.window.scene().addItem(self._line)
        self.window.show()
        self.hand = Hand(app, Paints(self.window))
        self.hand.settle()

    def seeks(self, places: Iterator[int], times: int) -> Iterator[Callable[[], object]]:
        """The line moved to each place."""
        for _ in range(times):
            x = next(places)
            yield lambda x=x: self._line.setPos(x, 0)

    def pans(self, times: int) -> Iterator[Callable[[], object]]:
        """Each heatmap given another image, ready-made."""
        shifts = cycle(range(0, COLUMNS, 37))
        for _ in range(times):
            shift = next(shifts)
            yield lambda shift=shift: self._show(shift)

    def _show(self, shift: int) -> None:
        for image, picture in zip(self.images, self._pictures, strict=True):
            image.setImage(picture[:, shift : shift + COLUMNS], autoLevels=False)

    def close(self) -> None:
        self.window.close()
