"""The toolbar: files, what is on show, transport, where the cursor stands."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QSizePolicy, QToolBar, QToolButton, QWidget

from gruviz.ui.actions import ACTIONS
from gruviz.ui.chooser import Chooser
from gruviz.ui.icons import SIZE, icon
from gruviz.ui.panels import Context
from gruviz.ui.readout import Readout

SPEEDS = (1, 3, 10, 30, 100, 300, 1000)
"""Timesteps a second."""


class ToolBar(QToolBar):
    """Made from the table of actions, and the choosers."""

    def __init__(self, context: Context, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self._context, self._made = context, actions
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.sequence = Chooser(200, "Sequence")
        self.layer = Chooser(136, "Layer")
        self.speed = QComboBox()
        self.speed.setToolTip("Timesteps a second while playing")
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:,}/s", float(speed))
        self.readout = Readout(context)
        self._add("file")
        self.addSeparator()
        for chooser in (self.sequence, self.layer):
            self.addWidget(chooser)
        self.addSeparator()
        self._add("transport")
        self.addWidget(self.speed)
        self.addSeparator()
        self.addWidget(self.readout)
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        self._add("end")
        context.themes.changed.connect(self.restyle)
        context.state.playback_changed.connect(self._show_playback)
        self.restyle()
        self._show_playback()

    def _add(self, part: str) -> None:
        for spec in ACTIONS:
            if spec.toolbar == part:
                self.addAction(self._made[spec.name])
                button = self.widgetForAction(self._made[spec.name])
                if isinstance(button, QToolButton) and spec.icon:
                    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

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
        index = self.speed.findData(self._context.state.view.speed)
        self.speed.blockSignals(True)
        self.speed.setCurrentIndex(index)
        self.speed.blockSignals(False)
