"""By how much the first recording of a comparison has more of a quantity than another, unit by unit."""

from collections.abc import Sequence

from PySide6.QtWidgets import QGraphicsScene

from gruviz.cells import Quantity, difference
from gruviz.ui.panels.heatmap import HeatmapPanel
from gruviz.ui.panels.pane import PaneContext
from gruviz.ui.reading import Counterpart, DifferenceRequest


class DifferencePanel(HeatmapPanel):
    """Units by timesteps, around 0, in the order of the rows above; means, where several share a column or row."""

    blank = True

    def __init__(
        self, context: PaneContext, scene: QGraphicsScene, quantity: Quantity, panes: Sequence[PaneContext]
    ) -> None:
        super().__init__(context, scene, difference(quantity))
        self._quantity, self._pane, self._panes = quantity, context, panes
        self.slot = f"difference {quantity.name}"
        self._name()

    def _name(self) -> None:
        letters = f"{self._panes[0].letter} − {self._pane.letter}"
        if self.title != letters:
            self.title = letters
            self._gutter.update()

    @property
    def counterpart(self) -> Counterpart:
        """What is subtracted from."""
        return self._panes[0].counterpart

    def refresh(self) -> None:
        """Ask for the visible range at the resolution of the screen."""
        self._name()
        start, stop = self.visible
        width, height = self.pixels
        if width and height and stop > start:
            layer, sequence = self.context.subject
            name, counterpart, how = self._quantity.name, self.counterpart, self.arrangement
            asked = DifferenceRequest(self.slot, layer, sequence, name, start, stop, width, height, counterpart, how)
            self.context.loader.ask(asked)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The one of this pane; that of the other is a little above."""
        return (self._quantity.name,)


def corresponding(first: PaneContext, other: PaneContext) -> bool:
    """Whether units of two layers may be held against each other: cells of one kind, size and direction.

    That the same number means the same unit holds for checkpoints of one network, or seeds from one start. It does not
    hold for two layers of one network.
    """
    a, b = first.layer, other.layer
    same = first.state.view.pane.recording == other.state.view.pane.recording
    return (a.cell.name, a.size, a.backward) == (b.cell.name, b.size, b.backward) and not (same and a.name != b.name)
