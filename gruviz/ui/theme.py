"""Light and dark: colours of the window, its font, its measures. What data looks like is in `gruviz.palette`."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Choice = Literal["system", "light", "dark"]
STEP = 4
"""All distances are multiples of this many pixels."""


@dataclass(frozen=True)
class Theme:
    """The colours of one theme."""

    name: str
    window: str
    """Behind everything."""
    panel: str
    """Behind panels, lists and fields."""
    foreground: str
    """Text, the cursor, states."""
    muted: str
    """What is said quietly: units, ticks, whitespace of the sequence."""
    rule: str
    """Lines that separate."""
    hover: str
    accent: str
    """The one button that matters, and what has the focus."""
    on_accent: str
    warning: str


LIGHT = Theme(
    "light", "#F6F6F5", "#FFFFFF", "#1B1B1B", "#626262", "#D9D9D7", "#E9E9E7", "#0072B2", "#FFFFFF", "#B03A00"
)
DARK = Theme("dark", "#1C1D1F", "#25272A", "#ECECEA", "#A0A3A6", "#3B3E42", "#33363A", "#4BA3D9", "#101214", "#FF9B5E")


class Themes(QObject):
    """The theme in force: the system's, or the one that was chosen."""

    changed = Signal()

    def __init__(self, choice: Choice = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice: Choice = choice
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @property
    def choice(self) -> Choice:
        """What was chosen."""
        return self._choice

    @property
    def theme(self) -> Theme:
        """The colours in force."""
        if self._choice == "system":
            dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
            return DARK if dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT

    def choose(self, choice: Choice) -> None:
        """Take the system's theme, or one regardless of it."""
        before, self._choice = self.theme, choice
        if self.theme != before:
            self._apply()
            self.changed.emit()

    @Slot()
    def _system_changed(self) -> None:
        if self._choice == "system":
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(_palette(self.theme))
            app.setStyleSheet(_style_sheet(self.theme))


def dress(app: QApplication) -> None:
    """Give the application the one style and font that both themes stand on."""
    app.setStyle("Fusion")  # the one that takes its colours from the palette on every system
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFeature(QFont.Tag("tnum"), 1)  # figures of equal width: numbers do not dance while they change
    app.setFont(font)


def small(font: QFont) -> QFont:
    """The font for ticks and small print."""
    made = QFont(font)
    made.setPointSizeF(max(7.0, font.pointSizeF() - 1))
    return made


def bold(font: QFont) -> QFont:
    """The font for symbols and headings."""
    made = QFont(font)
    made.setWeight(QFont.Weight.DemiBold)
    return made


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.foreground),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.window),
        (role.Text, theme.foreground),
        (role.Button, theme.window),
        (role.ButtonText, theme.foreground),
        (role.BrightText, theme.warning),
        (role.ToolTipBase, theme.panel),
        (role.ToolTipText, theme.foreground),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Link, theme.accent),
        (role.Light, theme.rule),
        (role.Midlight, theme.rule),
        (role.Mid, theme.rule),
        (role.Dark, theme.rule),
        (role.Shadow, theme.rule),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        faint = QColor(theme.muted)
        faint.setAlpha(140)
        palette.setColor(QPalette.ColorGroup.Disabled, which, faint)
    return palette


def _style_sheet(theme: Theme) -> str:
    return f"""
    QToolTip {{ background: {theme.panel}; color: {theme.foreground}; border: 1px solid {theme.rule}; padding: 4px; }}
    QToolBar {{ background: {theme.window}; border: 0; border-bottom: 1px solid {theme.rule};
                padding: 4px; spacing: 4px; }}
    QToolBar::separator {{ background: {theme.rule}; width: 1px; margin: 4px 4px; }}
    QToolBar QToolButton {{ border: 0; border-radius: 4px; padding: 4px 6px; color: {theme.foreground}; }}
    QToolBar QToolButton:hover, QToolBar QToolButton:checked {{ background: {theme.hover}; }}
    QToolBar QToolButton:pressed {{ background: {theme.rule}; }}
    QToolBar QToolButton:disabled {{ color: {theme.muted}; }}
    QToolButton#chooser {{ background: {theme.panel}; border: 1px solid {theme.rule}; border-radius: 4px;
                           color: {theme.foreground}; }}
    QToolButton#chooser:hover {{ background: {theme.hover}; }}
    QToolBar QToolButton#chooser {{ background: {theme.panel}; border: 1px solid {theme.rule}; }}
    QToolBar QToolButton#chooser:hover {{ background: {theme.hover}; }}
    QToolButton#quantity {{ border: 1px solid {theme.rule}; border-radius: 4px; padding: 3px 4px;
                            color: {theme.muted}; background: transparent; }}
    QToolButton#quantity:checked {{ background: {theme.panel}; color: {theme.foreground}; font-weight: 600;
                                    border-color: {theme.muted}; }}
    QToolButton#quantity:hover {{ background: {theme.hover}; }}
    QWidget#filter {{ background: {theme.panel}; }}
    QWidget#tabs {{ background: {theme.window}; border-bottom: 1px solid {theme.rule}; }}
    QToolButton#tab {{ border: 0; border-bottom: 2px solid transparent; padding: 4px 0 3px 0;
                       color: {theme.muted}; background: transparent; }}
    QToolButton#tab:checked {{ color: {theme.foreground}; border-bottom-color: {theme.foreground}; }}
    QToolButton#tab:hover {{ background: {theme.hover}; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.rule}; min-height: 32px; border-radius: 4px; margin: 2px; }}
    QScrollBar::handle:vertical:hover {{ background: {theme.muted}; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {theme.rule}; min-width: 32px; border-radius: 4px; margin: 2px; }}
    QScrollBar::handle:horizontal:hover {{ background: {theme.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QStatusBar {{ background: {theme.window}; border-top: 1px solid {theme.rule}; }}
    QStatusBar::item {{ border: 0; }}
    QStatusBar QLabel {{ color: {theme.muted}; padding: 0 8px; }}
    QStatusBar QLabel[warning="true"] {{ color: {theme.warning}; font-weight: 600; }}
    QMenuBar {{ background: {theme.window}; }}
    QMenuBar::item {{ padding: 4px 8px; background: transparent; }}
    QMenuBar::item:selected {{ background: {theme.hover}; }}
    QSplitter::handle {{ background: {theme.rule}; }}
    QLabel#title {{ font-size: 22pt; font-weight: 600; }}
    QLabel#quiet {{ color: {theme.muted}; }}
    QLabel#wrong {{ color: {theme.warning}; }}
    QWidget#tour {{ background: {theme.panel}; border-bottom: 1px solid {theme.rule}; }}
    QLabel#task {{ color: {theme.accent}; }}
    QWidget#live {{ border-bottom: 1px solid {theme.rule}; }}
    QLabel#livesign {{ color: {theme.accent}; font-weight: 600; }}
    QLabel#banner {{ background: {theme.panel}; color: {theme.warning}; border-bottom: 1px solid {theme.rule};
                     padding: 8px 12px; }}
    QPushButton {{ border: 1px solid {theme.rule}; border-radius: 4px; padding: 8px 16px; background: {theme.panel};
                   color: {theme.foreground}; }}
    QPushButton:hover {{ background: {theme.hover}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QPushButton:focus {{ border-color: {theme.accent}; }}
    QPushButton#primary {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.window}; border-color: {theme.rule}; }}
    QPushButton#link {{ border: 0; background: transparent; text-align: left; padding: 4px; }}
    QPushButton#link:hover {{ background: {theme.hover}; }}
    """
