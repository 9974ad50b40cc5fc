"""The toolbar: files, what is on show, transport, where the cursor stands."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from gruviz.ui.actions import ACTIONS
from gruviz.ui.chooser import Chooser
from gruviz.ui.choosing import Choosing
from gruviz.ui.icons import SIZE, icon
from gruviz.ui.panels import Context
from gruviz.ui.readout import Readout
from gruviz.ui.sequence_chooser import SequenceChooser
from gruviz.ui.theme import STEP

SPEEDS = (1, 3, 10, 30, 100, 300, 1000)
"""Timesteps a second."""
_SEQUENCE, _LAYER = (160, 96), (112, 72)
"""Widths of the choosers, where there is room and where there is little."""
_ENOUGH = "t = 10,000 of 10,000   ‘e’ → ‘r’   p = 0.915"
"""What the readout is to have room for, before anything else has more than it needs."""


class ToolBar(QToolBar):
    """Made from the table of actions, and the choosers."""

    def __init__(
        self, context: Context, choosing: Choosing, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__("Toolbar", parent)
        self._context, self._choosing, self._made = context, choosing, actions
        self._recording = False
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.sequence = SequenceChooser(context, _SEQUENCE[0], "Sequence")
        self.layer = Chooser(_LAYER[0], "Layer")
        self.speed = Chooser(84, "Timesteps a second while playing")
        self.readout = Readout(context)
        self._add("file")
        files = len(self.actions())
        self._in_menu = self.actions()[1:files]
        """What yields first where there is little room: the menu has it too."""
        self.addSeparator()
        for chooser in (self.sequence, self.layer):
            self.addWidget(chooser)
        self.addSeparator()
        self._add("transport")
        self.addWidget(self.speed)
        self.addSeparator()
        self.addWidget(self.readout)
        self._of_recording = self.actions()[files:]
        self._end = self.addWidget(_gap())
        self._add("end")
        context.themes.changed.connect(self.restyle)
        context.state.playback_changed.connect(self._show_playback)
        context.state.pane_changed.connect(self.show_choices)
        self.sequence.chosen.connect(choosing.choose_offered)
        self.layer.chosen.connect(choosing.choose_layer)
        self.restyle()
        self._show_playback()

    def _add(self, part: str) -> None:
        for spec in ACTIONS:
            if spec.toolbar == part:
                button = QToolButton()  # not the action itself: hidden here, it is still to be in its menu
                button.setDefaultAction(self._made[spec.name])
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                style = Qt.ToolButtonStyle
                button.setToolButtonStyle(style.ToolButtonIconOnly if spec.icon else style.ToolButtonTextOnly)
                self.addWidget(button)

    def show_recording(self, shown: bool) -> None:
        """Offer what only makes sense while a recording is on show, or leave it away."""
        for action in self._of_recording:
            action.setVisible(shown)
        self._end.setVisible(not shown)  # the readout takes the room, where there is one
        self._recording = shown
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room, the choosers become narrow, then what is in the menu too goes; nothing else."""
        enough, least = self.fontMetrics().horizontalAdvance(_ENOUGH), self.readout.minimumWidth()
        narrow = self._recording and self.width() < self._needed(enough, narrow=False, files=True)
        files = not narrow or self.width() >= self._needed(least, narrow=True, files=True)
        for chooser, widths in ((self.sequence, _SEQUENCE), (self.layer, _LAYER)):
            chooser.setFixedWidth(widths[narrow])
        for action in self._in_menu:
            action.setVisible(files)

    def _needed(self, readout: int, *, narrow: bool, files: bool) -> int:
        """The width of all that is shown, with that much for the readout."""
        known = {self.readout: readout, self.sequence: _SEQUENCE[narrow], self.layer: _LAYER[narrow]}
        shown = [each for each in self.actions() if (files if each in self._in_menu else each.isVisible())]
        widths = [known.get(widget) or widget.sizeHint().width() for widget in map(self.widgetForAction, shown)]
        return sum(widths) + STEP * (len(widths) + 1)

    @Slot()
    def show_choices(self) -> None:
        """Offer the sequences and layers that there are."""
        facts, pane = self._context.loader.facts, self._context.state.view.pane
        if facts is None or pane.layer not in facts.layers:
            self.sequence.show_sequences([], -1)
            self.layer.show_choices([], -1)
            return
        sequences, offered = facts.sequences_of(pane.layer), self._choosing.offered
        self.sequence.show_sequences([sequences[index] for index in offered], offered.index(pane.sequence))
        layers = list(facts.layers)
        self.layer.show_choices(layers, layers.index(pane.layer))

    @Slot()
    def restyle(self) -> None:
        """Draw the signs in the colours of the theme."""
        theme = self._context.theme
        playing = self._context.state.view.playing
        for spec in ACTIONS:
            if spec.icon:
                name = "pause" if spec.icon == "play" and playing else spec.icon
                self._made[spec.name].setIcon(icon(name, theme.foreground, theme.rule))
        self.setIconSize(self.iconSize().scaled(SIZE, SIZE, Qt.AspectRatioMode.KeepAspectRatio))

    @Slot()
    def _show_playback(self) -> None:
        self.restyle()
        self._made["loop"].setChecked(self._context.state.view.loop)
        speed = self._context.state.view.speed
        self.speed.show_choices([f"{each:,}/s" for each in SPEEDS], SPEEDS.index(speed) if speed in SPEEDS else -1)


def _gap() -> QWidget:
    gap = QWidget()
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return gap
