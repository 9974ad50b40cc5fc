"""Which figure to save, how it looks, as what it is saved; and the figure itself, as it will be."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QSize, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gruviz.errors import GruvizError
from gruviz.figures.names import DESCRIPTIONS, OF_FOLDERS
from gruviz.ui.dialogs._caption import CaptionField
from gruviz.ui.dialogs._form import Form, choice, whole
from gruviz.ui.dialogs._format import FILMS, IMAGES, TOGETHER, FormatFields
from gruviz.ui.dialogs._paper import PaperFields, pick
from gruviz.ui.drawer import Copy, Copying, Drawer, Looking, Picture
from gruviz.ui.drawing import Binding, Drawing, Filming, Wish
from gruviz.ui.preview import Preview
from gruviz.ui.theme import STEP
from gruviz.view import View

_SIZE = QSize(1400, 900)
"""Where the screen has so much room."""
_FIELDS = 328
"""Pixels of the column of fields, whatever is in them: the preview beside it stays where it is."""
_REST = 150
"""Milliseconds without a change until the figure is drawn anew."""
_GRADIENT = "gradient"
_USUAL: dict[str, Any] = {
    "figure": "gates",
    "style": "single",
    "font": "sans",
    "grey": False,
    "dark": False,
    "width": 85.0,
    "inches": False,
    "kind": "pdf",
    "dpi": 300,
    "frame_dpi": 0,
    "fps": 20.0,
    "outlines": False,
    "sidecar": False,
    "fit": False,
    "caption": "text",
}
"""What is chosen the first time."""


class ExportDialog(Form):
    """Asks for a figure of what is being looked at, and for where it goes; shows it as it will be."""

    def __init__(
        self,
        wish: Wish,
        others: tuple[str, ...],
        folder: Path,
        drawer: Drawer,
        known: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        """Build the dialog.

        Args:
            wish: what figures can be drawn of, and the one to begin with, if its name is not empty.
            others: recordings that stand beside that one.
            folder: where the figure goes, unless another place is chosen.
            drawer: what draws the figure to look at.
            known: what was chosen the last time, as `chosen` gave it.
            parent: the window.
        """
        super().__init__(
            "Export a figure",
            "Drawn anew for print from what is on show: its range, units, order, thresholds and marks.",
            "&Export",
            parent,
        )
        known = {key: known[key] if type(known.get(key)) is type(usual) else usual for key, usual in _USUAL.items()}
        self._wish, self._others, self._drawer = wish, others, drawer
        self._looking: Looking | None = None
        self._copying: Copying | None = None
        self._refused = ""
        """Why the figure that was asked for cannot be drawn."""
        offered = OF_FOLDERS if wish.figure in OF_FOLDERS else DESCRIPTIONS
        self.figure = choice([(name, name) for name in offered])
        pick(self.figure, wish.figure or known["figure"])
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("quiet")
        view = wish.view or View()
        self.start, self.stop = whole(0, view.start), whole(1, view.stop)
        self.together = QCheckBox("All recordi&ngs of the window")
        self.together.setChecked(True)
        self.paper = PaperFields(known, self)
        self.format = FormatFields(known, folder, wish.view is not None, self)
        self.output = self.format.output
        self.preview = Preview()
        self.preview.fit.setChecked(known["fit"])
        self.caption = CaptionField(known["caption"])
        self.copy = QPushButton("Cop&y figure", autoDefault=False)
        self.copy.setToolTip("To the clipboard, as an SVG and as pixels: paste it into a text or a slide")
        self.told = QLabel()
        self.told.setObjectName("quiet")
        self._timer = QTimer(self, singleShot=True, interval=_REST)
        self._lay_out()
        self._wire()
        self._figure_changed()

    def _lay_out(self) -> None:
        times = QWidget()
        row = QHBoxLayout(times)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * STEP)
        to = QLabel("&up to")
        to.setBuddy(self.stop)
        for widget, stretch in ((self.start, 1), (to, 0), (self.stop, 1)):
            row.addWidget(widget, stretch)
        times.setFocusProxy(self.start)
        self._times = times
        for label, field in (
            ("&Figure", self.figure),
            ("", self.about),
            ("T&imesteps", times),
            ("", self.together),
            *self.paper.rows,
            *self.format.rows,
        ):
            self.fields.addRow(label, field)
        self.fields.setRowVisible(times, self._wish.view is not None)
        for box in (self.start, self.stop, self.format.dpi, self.format.frame_dpi, self.format.fps):
            box.setMinimumWidth(60)
        self.about.setFixedWidth(_FIELDS)
        self.output.setFixedWidth(_FIELDS)
        right = QVBoxLayout()
        right.setSpacing(3 * STEP)
        right.addWidget(self.preview, 1)
        right.addWidget(self.caption)
        self.body.addLayout(right, 1)
        self.body.setStretchFactor(self.fields, 0)
        self.buttons.insertWidget(0, self.copy)
        self.buttons.insertWidget(1, self.told)
        room = self.screen().availableSize() - QSize(8 * STEP, 12 * STEP)
        self.resize(_SIZE.boundedTo(room))

    def _wire(self) -> None:
        self.figure.currentIndexChanged.connect(self._figure_changed)
        for box in (self.start, self.stop):
            box.valueChanged.connect(self._changed)
        self.together.toggled.connect(self._changed)
        self.paper.changed.connect(self._changed)
        self.format.changed.connect(self._format_changed)
        self._timer.timeout.connect(self._look)
        self._drawer.answered.connect(self._answered)
        self._drawer.refused.connect(self._was_refused)
        self.copy.clicked.connect(self._copy)
        self.finished.connect(self._drawer.forget)

    # What is chosen

    @property
    def wish(self) -> Wish:
        """The figure that is chosen. Raises GruvizError for what makes no sense."""
        name, view = str(self.figure.currentData()), self._wish.view
        style = tuple(self.paper.plain.items())
        if view is None:
            return Wish(self._wish.source, name, style=style)
        start, stop = self.start.value(), self.stop.value()
        if not start < stop <= view.length:
            raise GruvizError(f"the sequence has timesteps 0 up to {view.length:,}: choose a range within")
        beside = self._others if name == _GRADIENT and self.together.isChecked() else ()
        return Wish(self._wish.source, name, view, style, (start, stop), beside)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, to begin with the next time: plain values."""
        return {
            "figure": self.figure.currentData(),
            **self.paper.chosen,
            **self.format.chosen,
            "fit": self.preview.fit.isChecked(),
            "caption": self.caption.kind.currentData(),
        }

    def asked(self) -> Drawing | Filming | Binding:
        """What was filled in. Raises GruvizError for what makes no sense."""
        wish, output, how = self.wish, self.format.path, self.format.chosen
        if how["kind"] == TOGETHER:
            return Binding(wish, output)
        if how["kind"] in FILMS:
            return Filming(wish, output, self.format.film_dpi, how["fps"])
        return Drawing(wish, output, how["dpi"], how["outlines"], how["sidecar"])

    def check(self) -> None:
        """Raise GruvizError for what makes no sense."""
        asked = self.asked()
        if isinstance(asked, Binding) or self._looking is None or self._looking.wish != asked.wish:
            return
        if self._refused:
            raise GruvizError(self._refused)
        picture = self.preview.picture
        if isinstance(asked, Filming) and picture is not None and not picture.moves:
            raise GruvizError(f"the figure {asked.wish.figure} does not change with time: there is no film of it")

    def written(self) -> tuple[str, ...]:
        """The figure, and what stands beside it."""
        asked = self.asked()
        beside = (f"{asked.output}.json",) if isinstance(asked, Drawing) and asked.sidecar else ()
        return asked.output, *beside

    # What is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the figure, now that it is known on which screen."""
        super().showEvent(event)
        self._look()

    def changeEvent(self, event: QEvent) -> None:
        """On a screen of other pixels the figure is drawn anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._changed()

    @Slot()
    def _figure_changed(self) -> None:
        """Say what it shows, and name the file after it."""
        name = str(self.figure.currentData())
        about = (OF_FOLDERS if name in OF_FOLDERS else DESCRIPTIONS)[name]
        self.about.setText(f"{about[0].upper()}{about[1:]}.")
        self.fields.setRowVisible(self.together, name == _GRADIENT and bool(self._others))
        self._format_changed()
        self._changed()

    @Slot()
    def _format_changed(self) -> None:
        self.format.show_rows(self.fields)
        stem, name = Path(self._wish.source).stem, str(self.figure.currentData())
        self.format.suggest(f"{stem}-{'figures' if self.format.kind == TOGETHER else name}")
        self._show_caption()

    @Slot()
    def _changed(self) -> None:
        self.wrong.hide()
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        """Have the figure drawn as it is chosen now."""
        try:
            looking = Looking(self.wish, self.preview.dpi)
        except GruvizError as error:
            self._looking, self._refused = None, str(error)
            self._say(str(error))
            return
        if looking == self._looking:
            return
        self._looking, self._refused = looking, ""
        self.preview.wait()
        self._drawer.ask(looking)

    @Slot(object, object)
    def _answered(self, asked: object, answer: object) -> None:
        if asked is self._looking and isinstance(answer, Picture):
            self.preview.show_picture(answer, self.paper.length.inches)
            self._show_caption()
        elif asked is self._copying and isinstance(answer, Copy):
            self._put_on_clipboard(answer)

    @Slot(object, str)
    def _was_refused(self, asked: object, why: str) -> None:
        if asked is self._looking:
            self._refused = why
            self._say(why)
        elif asked is self._copying:
            self._copied("", why)

    def _say(self, why: str) -> None:
        self.preview.say(why)
        self._show_caption()

    def _show_caption(self) -> None:
        picture = self.preview.picture
        self.copy.setEnabled(picture is not None)
        path = Path(self.output.path).name if self.format.kind in IMAGES else ""
        self.caption.show_caption(picture.page if picture else None, path)

    # The clipboard

    @Slot()
    def _copy(self) -> None:
        try:
            self._copying = Copying(self.wish, self.format.dpi.value(), self.format.outlines.isChecked())
        except GruvizError as error:
            self._copied("", str(error))
            return
        self.copy.setEnabled(False)
        self.told.setText("Copying…")
        self._drawer.ask(self._copying)

    def _put_on_clipboard(self, copy: Copy) -> None:
        data = QMimeData()
        data.setImageData(copy.image)
        data.setData("image/svg+xml", copy.svg)
        QGuiApplication.clipboard().setMimeData(data)
        self._copied(f"Copied, {copy.image.width():,} × {copy.image.height():,} pixels")

    def _copied(self, told: str, wrong: str = "") -> None:
        self._copying = None
        self.copy.setEnabled(True)
        self.told.setText(told)
        if wrong:
            self.wrong.setText(wrong)
            self.wrong.show()
