"""By how much the first recording of a comparison has more of a quantity than another, unit by unit."""

from PySide6.QtWidgets import QGraphicsScene

from gruviz.cells import Quantity, difference
from gruviz.ui.panels.heatmap import HeatmapPanel
from gruviz.ui.panels.pane import PaneContext
from gruviz.ui.reading import DifferenceRequest, Minuend


class DifferencePanel(HeatmapPanel):
    """Units by timesteps, around 0, in the order of the rows above; means, where several share a column or row."""

    blank = True

    def __init__(self, context: PaneContext, scene: QGraphicsScene, quantity: Quantity, first: PaneContext) -> None:
        super().__init__(context, scene, difference(quantity))
        self._quantity, self._pane, self._first = quantity, context, first
        self.slot = f"difference {quantity.name}"
        self._name()

    def _name(self) -> None:
        letters = f"{self._first.letter} − {self._pane.letter}"
        if self.title != letters:
            self.title = letters
            self._gutter.update()

    @property
    def minuend(self) -> Minuend:
        """What is subtracted from."""
        pane = self._first.state.view.pane
        return Minuend(pane.recording, pane.layer, pane.sequence)

    def refresh(self) -> None:
        """Ask for the visible range at the resolution of the screen."""
        self._name()
        start, stop = self.visible
        width, height = self.pixels
        if width and height and stop > start:
            layer, sequence = self.context.subject
            name, minuend, how = self._quantity.name, self.minuend, self.arrangement
            asked = DifferenceRequest(self.slot, layer, sequence, name, start, stop, width, height, minuend, how)
            self.context.loader.ask(asked)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The one of this pane; that of the other is a little above."""
        return (self._quantity.name,)


def corresponding(first: PaneContext, other: PaneContext) -> bool:
    """Whether units of two layers may be held against each other: cells of one kind and size.

    That the same number means the same unit holds for checkpoints of one network, or seeds from one start.
    """
    a, b = first.layer, other.layer
    return (a.cell.name, a.size) == (b.cell.name, b.size)
