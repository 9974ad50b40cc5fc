"""As what a figure is saved, and where: the ending of the name and the format say the same."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from gruviz.errors import GruvizError
from gruviz.ui.dialogs._form import FileField, choice, unused, writable
from gruviz.ui.dialogs._paper import pick

IMAGES = ("pdf", "svg", "png")
NUMBERS = ("csv", "npz")
FILMS = ("mp4", "gif")
_SCREEN = 29
"""Pixels per inch of a film, one less than the least: as many as a screen has."""
TOGETHER = "all"
"""All figures as the pages of one PDF."""
_TITLES = {
    "pdf": "PDF",
    "svg": "SVG",
    "png": "PNG",
    "csv": "CSV, the numbers it shows",
    "npz": "NPZ, the numbers it shows",
    "mp4": "MP4, a film of the range",
    "gif": "GIF, a film of the range",
    TOGETHER: "PDF, all figures of this view",
}


class FormatFields(QObject):
    """Format, what belongs to it, and the file; its fields go into a form row by row."""

    changed = Signal()

    def __init__(self, known: dict[str, Any], folder: Path, films: bool, parent: QObject) -> None:
        """Build the fields.

        Args:
            known: what was chosen the last time: `kind`, `dpi`, `frame_dpi`, `fps`, `outlines` and `sidecar`.
            folder: where the file goes, unless another place is chosen.
            films: whether there are films, and several figures to put together.
            parent: the dialog.
        """
        super().__init__(parent)
        self._folder, self._suggested, self._stem = folder, "", "figure"
        offered = (*IMAGES, *NUMBERS, *((*FILMS, TOGETHER) if films else ()))
        self.kind_ = choice([(kind, _TITLES[kind]) for kind in offered])
        pick(self.kind_, known["kind"])
        self.dpi = QSpinBox(minimum=30, maximum=2400, value=known["dpi"], suffix=" pixels per inch")
        self.frame_dpi = QSpinBox(minimum=_SCREEN, maximum=600, suffix=" pixels per inch")
        self.frame_dpi.setSpecialValueText("As a screen has")
        self.frame_dpi.setValue(known["frame_dpi"])
        self.fps = QDoubleSpinBox(minimum=0.1, maximum=120, decimals=1, value=known["fps"])
        self.fps.setSuffix(" frames a second")
        self.outlines = QCheckBox("Letters as &outlines")
        self.outlines.setToolTip("They look the same where their fonts are missing, but cannot be searched or edited")
        self.outlines.setChecked(known["outlines"])
        self.sidecar = QCheckBox("Also write where it comes from, to a .&json beside it")
        self.sidecar.setToolTip("It is in the figure's own metadata in any case")
        self.sidecar.setChecked(known["sidecar"])
        endings = dict.fromkeys("pdf" if kind == TOGETHER else kind for kind in offered)
        self.output = FileField("Save the figure as", [f"{each.upper()} (*.{each})" for each in endings], save=True)
        self.kind_.currentIndexChanged.connect(self._kind_changed)
        self.output.changed.connect(self._named)

    @property
    def rows(self) -> tuple[tuple[str, QWidget], ...]:
        """Labels and fields."""
        return (
            ("For&mat", self.kind_),
            ("&Resolution", self.dpi),
            ("&Resolution", self.frame_dpi),
            ("Spee&d", self.fps),
            ("", self.outlines),
            ("Save &as", self.output),
            ("", self.sidecar),
        )

    def show_rows(self, form: QFormLayout) -> None:
        """Show what belongs to the format, and nothing else."""
        kind = self.kind
        for field, there in (
            (self.dpi, kind == "png"),
            (self.frame_dpi, kind in FILMS),
            (self.fps, kind in FILMS),
            (self.outlines, kind == "svg"),
            (self.sidecar, kind in (*IMAGES, *NUMBERS)),
        ):
            form.setRowVisible(field, there)

    @property
    def kind(self) -> str:
        """The format: an ending, or `TOGETHER`."""
        return str(self.kind_.currentData())

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, as `known`."""
        return {
            "kind": self.kind,
            "dpi": self.dpi.value(),
            "frame_dpi": self.frame_dpi.value(),
            "fps": self.fps.value(),
            "outlines": self.outlines.isChecked(),
            "sidecar": self.sidecar.isChecked(),
        }

    @property
    def film_dpi(self) -> int | None:
        """Pixels per inch of a film; None for as many as a screen has."""
        return None if self.frame_dpi.value() == _SCREEN else self.frame_dpi.value()

    @property
    def path(self) -> str:
        """Where it goes. Raises GruvizError where that cannot be."""
        path = writable(self.output.path, self._ending)
        if Path(path).suffix.lower() != self._ending:
            endings = dict.fromkeys(_ending(str(self.kind_.itemData(place))) for place in range(self.kind_.count()))
            raise GruvizError(f"end the name in {', '.join(endings)}: that decides the format")
        return path

    def suggest(self, stem: str) -> None:
        """Name the file so, as long as nobody has named it otherwise."""
        self._stem = stem
        if self.output.path == self._suggested:
            self._suggested = unused(self._folder, stem, self._ending)
            self.output.show_path(self._suggested)

    @property
    def _ending(self) -> str:
        return _ending(self.kind)

    def _kind_changed(self) -> None:
        """The name ends as the format says."""
        path = self.output.path
        if path == self._suggested:
            self.suggest(self._stem)
        elif path and Path(path).suffix.lower() != self._ending:
            known = Path(path).suffix.lower().removeprefix(".") in _TITLES
            self.output.show_path(str(Path(path).with_suffix(self._ending)) if known else path + self._ending)
        self.changed.emit()

    def _named(self) -> None:
        """The format is as the name ends."""
        kind = Path(self.output.path).suffix.lower().removeprefix(".")
        if f".{kind}" != self._ending and self.kind_.findData(kind) >= 0:
            self.kind_.setCurrentIndex(self.kind_.findData(kind))
        self.changed.emit()


def _ending(kind: str) -> str:
    return ".pdf" if kind == TOGETHER else f".{kind}"
