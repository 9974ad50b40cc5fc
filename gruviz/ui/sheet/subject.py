"""What the pages are about: one quantity of one unit, and a label."""

from PySide6.QtCore import QObject, Signal, Slot

from gruviz.cells import Quantity
from gruviz.ui.panels import Context
from gruviz.ui.reading import MARKED, Facts, LabelsRequest, Request, TapeFacts

SLOT = "page labels"


class Subject(QObject):
    """Reads it from the state, and knows which labels there are."""

    changed = Signal()
    """Other labels are offered."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._offered: tuple[str, ...] = ()
        context.state.pane_changed.connect(self.refresh)
        context.state.page_changed.connect(self.refresh)
        context.loader.answered.connect(self._take)

    @property
    def facts(self) -> Facts | None:
        """Of the recording; None while nobody looks at its pages."""
        facts, view = self._context.loader.facts, self._context.state.view
        return facts if facts is not None and view.page and view.length and view.pane.layer in facts.layers else None

    @property
    def tape(self) -> TapeFacts | None:
        """What the sequence on show lies on."""
        return None if self.facts is None else self.facts.tapes[self._context.layer.tape]

    @property
    def unit(self) -> int:
        """The one that was selected last; the first, where none is."""
        units = self._context.state.view.pane.units
        return units[-1] if units and units[-1] < self._context.layer.size else 0

    @property
    def quantity(self) -> Quantity:
        """The one that was chosen, where the cell has it; else its state."""
        cell, chosen = self._context.layer.cell, self._context.state.view.colour
        return cell[chosen if chosen in cell.names else cell.state]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that there are."""
        return (*self._offered, MARKED) if self._context.state.view.marked else self._offered

    @property
    def label(self) -> str:
        """The one that was chosen, where there is such a one; else the first. Empty where there is none."""
        chosen = self._context.state.view.label
        return chosen if chosen in self.labels else next(iter(self.labels), "")

    @property
    def about(self) -> tuple[str, int, int]:
        """The layer, a sequence and the checkpoint that requests are about.

        Pages and ranking are of all sequences of a checkpoint, and the same for each of them; marks are of one.
        """
        assert self.facts is not None
        pane = self._context.state.view.pane
        if self.label == MARKED:
            return pane.layer, pane.sequence, pane.checkpoint
        alike = (info.index for info in self.facts.sequences_of(pane.layer) if info.checkpoint == pane.checkpoint)
        return pane.layer, next(alike, pane.sequence), pane.checkpoint

    @property
    def labelled(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        """The label, and the marks that it is made of."""
        return self.label, self._context.state.view.marked if self.label == MARKED else ()

    @Slot()
    def refresh(self) -> None:
        """Ask which labels there are."""
        if not self._context.state.view.length:  # another recording is being opened, with labels of its own
            self._offered = ()
        if self.facts is None:
            self._context.loader.forget(SLOT)
            return
        pane = self._context.state.view.pane
        self._context.loader.ask(LabelsRequest(SLOT, pane.layer, 0, pane.checkpoint))

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(request, LabelsRequest) and isinstance(answer, tuple) and answer != self._offered:
            self._offered = answer
            self.changed.emit()
