"""How a figure looks on paper: style, letters, colours, and its width in millimetres or inches."""

from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

from gruviz.figures.names import FONTS, STYLES, WIDTHS
from gruviz.ui.dialogs._form import choice
from gruviz.ui.theme import STEP

_INCH = 25.4
_RANGE = 10.0, 2000.0


class Length(QWidget):
    """A length, typed in millimetres or in inches."""

    changed = Signal()

    def __init__(self, millimetres: float, inches: bool) -> None:
        super().__init__()
        self._millimetres = millimetres
        self.box = QDoubleSpinBox()
        self.unit = choice([("mm", "millimetres"), ("in", "inches")])
        self.unit.setAccessibleName("Unit of the width")
        self.unit.setCurrentIndex(int(inches))
        row = _row(self.box, self.unit)
        row.setStretch(0, 1)
        self.setLayout(row)
        self.setFocusProxy(self.box)
        self._show()
        self.box.valueChanged.connect(self._typed)
        self.unit.currentIndexChanged.connect(self._show)

    @property
    def inches(self) -> bool:
        """Whether it is typed in inches."""
        return bool(self.unit.currentData() == "in")

    @property
    def millimetres(self) -> float:
        """The length: of one that nobody has typed anew, without what the other unit would round away."""
        return self._millimetres

    def show_length(self, millimetres: float) -> None:
        """Put a length into the field."""
        self._millimetres = millimetres
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        by = _INCH if self.inches else 1.0
        self.box.blockSignals(True)
        self.box.setDecimals(3 if self.inches else 1)
        self.box.setSingleStep(0.1 if self.inches else 1.0)
        self.box.setRange(_RANGE[0] / by, _RANGE[1] / by)
        self.box.setValue(self._millimetres / by)
        self.box.blockSignals(False)
        self.changed.emit()

    def _typed(self, value: float) -> None:
        self._millimetres = value * (_INCH if self.inches else 1.0)
        self.changed.emit()


class PaperFields(QObject):
    """All of it; its fields go into a form row by row."""

    changed = Signal()

    def __init__(self, known: dict[str, Any], parent: QObject) -> None:
        """Build the fields.

        Args:
            known: what was chosen the last time: `style`, `font`, `grey`, `dark`, `width` and `inches`.
            parent: the dialog.
        """
        super().__init__(parent)
        self.style_ = choice([(name, text[0].upper() + text[1:]) for name, text in STYLES.items()])
        self.font_ = choice([(name, text[0].upper() + text[1:]) for name, text in FONTS.items()])
        self.grey, self.dark = QCheckBox("&Greyscale"), QCheckBox("On dar&k ground")
        self.grey.setToolTip("For print without colour: the keep from white to black, lines told apart by dashes")
        self.dark.setToolTip("Light letters on a dark ground, for a slide")
        self.length = Length(known["width"], known["inches"])
        pick(self.style_, known["style"])
        pick(self.font_, known["font"])
        self.grey.setChecked(known["grey"])
        self.dark.setChecked(known["dark"])
        self.colours = QWidget()
        self.colours.setLayout(_row(self.grey, self.dark))
        self.style_.currentIndexChanged.connect(self._style_changed)
        self.font_.currentIndexChanged.connect(self.changed)
        self.grey.toggled.connect(self.changed)
        self.dark.toggled.connect(self.changed)
        self.length.changed.connect(self.changed)

    @property
    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """Labels and fields."""
        return (
            ("&Style", self.style_),
            ("&Width", self.length),
            ("&Letters", self.font_),
            ("", self.colours),
        )

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, as `known`."""
        return {**self._plain, "style": self.style_.currentData(), "inches": self.length.inches}

    @property
    def plain(self) -> dict[str, Any]:
        """The plain values of a `gruviz.figures.Style`."""
        return {"name": self.style_.currentData(), **self._plain}

    @property
    def _plain(self) -> dict[str, Any]:
        return {
            "font": self.font_.currentData(),
            "grey": self.grey.isChecked(),
            "dark": self.dark.isChecked(),
            "width": self.length.millimetres,
        }

    def _style_changed(self) -> None:
        self.length.show_length(WIDTHS[self.style_.currentData()])


def pick(box: QComboBox, value: str) -> None:
    """Choose what stands for a value, where there is such a thing."""
    box.setCurrentIndex(max(0, box.findData(value)))


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2 * STEP)
    for widget in widgets:
        row.addWidget(widget)
    return row
