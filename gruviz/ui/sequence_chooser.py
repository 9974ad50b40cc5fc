"""Choosing one of the sequences: by name, or by what stands beside it."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from gruviz.recording import SequenceInfo
from gruviz.ui.chooser import Chooser
from gruviz.ui.listing import Column
from gruviz.ui.panels import Context
from gruviz.ui.reading import Request, SequencesRequest, Told


class SequenceChooser(Chooser):
    """Its list has the length of each sequence, its residual and what of it is retained, and sorts by them."""

    slot = "sequences"

    def __init__(self, context: Context, width: int, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(width, tip, parent)
        self._context = context
        self._offered: list[SequenceInfo] = []
        self._told: Told | None = None
        self.clicked.connect(self._ask)
        context.loader.answered.connect(self._take)

    def show_sequences(self, offered: Sequence[SequenceInfo], index: int) -> None:
        """Offer these, of which one is on show."""
        anew = list(offered) != self._offered
        self._offered = list(offered)
        self.show_choices([info.name or f"sequence {info.index}" for info in offered], index)
        if anew:
            self._tell()

    @Slot()
    def _ask(self) -> None:
        """Numbers that must be read are read when somebody looks."""
        if len(self._offered) > 1:
            layer, sequence = self._context.subject
            self._context.loader.ask(SequencesRequest(self.slot, layer, sequence))

    @Slot(object, object)
    def _take(self, request: Request, answer: object) -> None:
        if isinstance(answer, Told):
            self._told = answer
            self._tell()

    def _tell(self) -> None:
        if len(self._offered) < 2:
            return
        columns = [
            Column(
                "length",
                np.array([info.length for info in self._offered], float),
                lambda value: f"{value:,.0f}",
                "Timesteps",
            )
        ]
        told, places = self._told, np.array([info.index for info in self._offered])
        if told is not None and told.layer == self._context.state.view.pane.layer and places.max() < len(told.residual):
            residual, retained = told.residual[places].astype(float), told.retained[places].astype(float)
            columns.append(Column("residual", residual, lambda value: f"{value:.1e}", _RESIDUAL))
            if not np.isnan(retained).all():
                columns.append(Column("retained", retained, lambda value: f"{value:.1%}", _RETAINED))
        self.popup.tell(columns)


_RESIDUAL = "The largest difference, in any step and unit, between what the model gave and what its gates give"
_RETAINED = "The fraction of units and timesteps that are retained, at the thresholds that the recording was made with"
