"""The window."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from gruviz._assets import asset
from gruviz.comparison import FILE as COMPARISON
from gruviz.errors import GruvizError
from gruviz.recording import over_training
from gruviz.ui import settings as settings_file
from gruviz.ui.actions import ACTIONS
from gruviz.ui.acts import Acts
from gruviz.ui.back import FIGURES
from gruviz.ui.choosing import Choosing
from gruviz.ui.complement import Complement
from gruviz.ui.display import HEIGHT, DisplayBar
from gruviz.ui.find import FindBar, GoBar
from gruviz.ui.flows import MODELS, SEQUENCES, Flows
from gruviz.ui.garbage import Collector
from gruviz.ui.help import HelpDialog
from gruviz.ui.live import Live, LiveBar
from gruviz.ui.loaders import Loaders
from gruviz.ui.menus import Menus
from gruviz.ui.on_demand import Composing, Linking, Sensing, Stepping
from gruviz.ui.pages import EmptyPage, FailedPage, LoadingPage, WelcomePage, label
from gruviz.ui.pane_state import PaneState
from gruviz.ui.panels import Context
from gruviz.ui.panes import Panes
from gruviz.ui.player import Player
from gruviz.ui.reading import Facts
from gruviz.ui.settings import Settings
from gruviz.ui.sheet import Sheet, SheetBar
from gruviz.ui.side import WIDTH, Side
from gruviz.ui.stage import Stage
from gruviz.ui.state import ViewState
from gruviz.ui.status import StatusBar
from gruviz.ui.theme import Themes
from gruviz.ui.thresholds import ThresholdsBar
from gruviz.ui.toolbar import SPEEDS, ToolBar
from gruviz.ui.tour import Tour
from gruviz.ui.training_bar import TrainingBar
from gruviz.ui.workbench import Workbench
from gruviz.view import (
    Pane,
    View,
    alone,
    from_plain,
    resume,
    seek,
    show_range,
    to_plain,
    with_pane,
)

DEMO = "demo.h5"
"""The recording that the demo opens, among the assets."""
SIZE = (1280, 800)
_RECORDINGS = (".h5", ".hdf5", ".part")
_LETTERS = 64
"""Timesteps of the demo that are on show at first: each letter stands over its column."""
_PATIENCE = 200
"""Milliseconds that opening may take before the window speaks of it."""
_BEGINNING = View(hidden=("candidate",))
"""What a recording is looked at with, the first time."""


class MainWindow(QMainWindow):
    """One recording, or several beside each other, and all that is seen of them."""

    ready = Signal()
    """A recording is open and on show."""
    refused = Signal(str)
    """A recording could not be opened, and why."""

    def __init__(self, settings: Settings, themes: Themes, *, remember: bool = True) -> None:
        """Build the window.

        Args:
            settings: what is remembered from the last time.
            themes: light or dark.
            remember: whether what happens here is to be remembered: not for a picture.
        """
        super().__init__()
        self.settings, self._remember = settings, remember
        self.state = ViewState(_BEGINNING, self)
        self.loader = Loaders(self.state, self)
        self.themes = themes
        self.composing = Composing(self.state, self.loader, self)
        self.sensing = Sensing(self.state, self.loader, self)
        self.stepping = Stepping(self.state, self.loader, self)
        self.linking = Linking(self.state, self.loader, self)
        on_demand = self.composing, self.sensing, self.stepping, self.linking
        self.context = Context(self.state, self.loader, themes, *on_demand)
        self.player = Player(self.state, self)
        self.panes = Panes(self.state, self.loader, themes, on_demand, self)
        self.live = Live(replace(self.context, state=PaneState(self.state, 0)), self)
        self.complement = Complement(self.loader, self)
        self._collector = Collector(self)
        self._opening = ""
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._patience.timeout.connect(self._say_that_it_opens)
        self.choosing = Choosing(self.context, self.panes, self)
        self.acts = Acts(self.state, self.choosing, self.panes, self)
        self._actions = {spec.name: self._action(spec) for spec in ACTIONS}

        self.setWindowTitle("gruviz")
        self.setAcceptDrops(True)
        self.toolbar = ToolBar(self.context, self.choosing, self._actions, self)
        self.addToolBar(self.toolbar)
        self.status = StatusBar(self.context, self)
        self.setStatusBar(self.status)
        self.stage = Stage(self.context, self.panes)
        self.side = Side(self.context, {spec.tab: self._actions[spec.name] for spec in ACTIONS if spec.tab})
        self.units = self.side.units
        self.sheet = Sheet(self.context)
        self._build_pages()
        self.menus = Menus(self.menuBar(), self._actions, self.context, self.panes, settings)
        self._wire()
        self._show_page(self.welcome)
        self._take_a_size()
        self._collector.start()

    # Building

    def _build_pages(self) -> None:
        first = [
            ("Take the tour", self._actions["take_tour"]),
            ("Open the demo", self._actions["open_demo"]),
            ("Open a file…", self._actions["open"]),
            ("Train…", self._actions["train"]),
        ]
        again = [("Open another…", self._actions["open"]), ("Open the demo", self._actions["open_demo"])]
        self.welcome = WelcomePage(first)
        self.loading, self.failed, self.empty = LoadingPage(), FailedPage(again), EmptyPage(again)
        self.welcome.show_recent(self.settings.recent)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        self.display = DisplayBar(self.context, self.panes, self._actions["read_pages"])
        self.sheet_bar = SheetBar(self.context, self.sheet.subject, self._actions)
        self.find_bar, self.go_bar = FindBar(self.context), GoBar(self.context)
        self.thresholds_bar = ThresholdsBar(self.context)
        self.strips = QStackedWidget()
        for strip in (self.display, self.sheet_bar, self.find_bar, self.go_bar, self.thresholds_bar):
            self.strips.addWidget(strip)
        self.strips.setFixedHeight(HEIGHT)
        main = QWidget()
        rows = QVBoxLayout(main)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.strips)
        over = ("earlier_checkpoint", "later_checkpoint", "play_training")
        self.training_bar = TrainingBar(self.context, [self._actions[name] for name in over])
        rows.addWidget(self.training_bar)
        self.area = QStackedWidget()
        for part in (self.stage, self.sheet):
            self.area.addWidget(part)
        rows.addWidget(self.area)
        self.splitter.addWidget(main)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        wide, self.side.tall = self.settings.side.get("width", WIDTH), self.settings.side.get("height", 0)
        self.splitter.setSizes([max(SIZE[0] - wide, 1), wide])
        self.pages = QStackedWidget()
        for page in (self.welcome, self.loading, self.failed, self.empty, self.splitter):
            self.pages.addWidget(page)
        self.banner = label("", "banner")
        self.banner.hide()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.live_bar = LiveBar(self.context, self.live)
        column.addWidget(self.live_bar)
        column.addWidget(self.banner)
        column.addWidget(self.pages)
        self.workbench = Workbench()
        self.flows = Flows(self, self.workbench)
        column.addWidget(self.workbench)
        self.setCentralWidget(centre)
        self.tour = Tour(self)
        column.insertWidget(0, self.tour.bar)

    def _action(self, spec: Any) -> QAction:
        action = QAction(spec.text, self)
        action.setToolTip(f"{spec.tip} ({QKeySequence(spec.keys[0]).toString()})" if spec.keys else spec.tip)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setEnabled(not spec.needs_recording)
        action.setCheckable(spec.checkable)
        action.setData(spec.tab)
        name = "show_tab" if spec.tab else spec.name
        action.triggered.connect(getattr(self.acts if hasattr(self.acts, name) else self, name))
        if spec.name == "help":
            action.setIconText("?")
        return action

    def _wire(self) -> None:
        loader, state, toolbar = self.loader, self.state, self.toolbar
        loader.opened.connect(self._opened)
        loader.refused.connect(self._refused)
        self.complement.told.connect(self.status.say_of_overview)
        self.live.began.connect(self._opened)
        self.live.changed.connect(self._grown)
        self.live.lost.connect(self.open_recording)
        self.panes.opened.connect(self._opened_beside)
        self.panes.opened.connect(self.complement.add)
        self.panes.refused.connect(self._refused_beside)
        self.panes.closed.connect(self._closed_one)
        self.panes.done.connect(self.ready)
        self.choosing.wrong.connect(self.complain)
        self.acts.wrong.connect(self.complain)
        self.menus.wanted.connect(self.open_path)
        state.panes_changed.connect(self._show_panes)
        state.memory_changed.connect(self._show_shaded)
        state.cursor_changed.connect(self._collector.moved)
        state.range_changed.connect(self._collector.moved)
        toolbar.speed.chosen.connect(self._choose_speed)
        self.welcome.wanted.connect(self.open_path)
        self.display.checkpoint_chosen.connect(self.choosing.choose_checkpoint)
        self.stage.pointing.said.connect(self.display.say)
        self.sheet.pages.said.connect(self.sheet_bar.say)
        self.sheet.pages.wanted.connect(self._go_to_sequence)
        state.page_changed.connect(self._show_area)
        for part in (self.stage, self.sheet, self.side):
            part.copied.connect(self.toolbar.readout.tell)
        self.side.gradients_wanted.connect(self.flows.work_out_gradients)
        self.side.filter.left.connect(self.stage.setFocus)
        self.find_bar.left.connect(self._show_display)
        self.go_bar.left.connect(self._show_display)
        self.thresholds_bar.left.connect(self._show_display)
        self.status.thresholds.clicked.connect(self.change_thresholds)

    # Opening

    @Slot(str)
    def open_path(self, path: str) -> None:
        """Open a recording; a model, or a sequence or a folder of those, is recorded first."""
        self.open_paths([path])

    def open_paths(self, paths: Sequence[str]) -> None:
        """The same for several files: recordings beside each other; or sequences, and perhaps a model to read them."""
        if len(paths) > 1 and all(Path(path).suffix.lower() in _RECORDINGS for path in paths):
            self.open_together(paths)
            return
        try:
            taken = all(Path(path).exists() for path in paths) and self.flows.take(paths)
        except GruvizError as error:
            self.complain(str(error))
            return
        if not taken:
            self.open_recording(paths[0])

    def open_recording(self, path: str) -> None:
        """Open a recording. It takes the place of all that are open, once it proves to be one."""
        self.open_together([path])

    def open_together(self, paths: Sequence[str]) -> None:
        """Open two or three recordings beside each other, in place of all that are open.

        The first chooses the sequence; of the others the same one is shown, by its name, number and length. One that
        has none as long, or cannot be opened, is left away, and `refused` says why. `ready` follows when all are there.
        """
        path, *others = paths
        self.panes.wait_for([Pane(str(other)) for other in others])
        self._opening = str(path)
        self.loader.open(self._opening)
        self._patience.start()

    def open_beside(self, paths: Sequence[str]) -> None:
        """Open recordings beside those that are open; where none is, together."""
        if self.loader.facts is None:
            self.open_together(paths)
        else:
            self.panes.open([str(path) for path in paths])

    @Slot()
    def _say_that_it_opens(self) -> None:
        if self._opening and self.loader.facts is None:
            self.loading.sentence.setText(f"{Path(self._opening).name} is being opened and checked.")
            self._show_page(self.loading)

    @Slot(object)
    def _opened(self, facts: Facts) -> None:
        self._opening = ""
        self.banner.hide()
        earlier = self._earlier(facts.path)
        self.panes.begin_anew()
        kept = (
            *("thresholds", "hidden", "aside", "derived", "differences"),
            *("whose", "shaded", "shading", "page", "tab"),
        )
        self.state.change(lambda view: replace(_BEGINNING, **{name: getattr(alone(view), name) for name in kept}))
        self._remember_file(facts.path)
        self.setWindowTitle(f"{facts.name} — gruviz")
        layer = next((name for name in facts.layers if any(info.length for info in facts.sequences_of(name))), None)
        for spec in ACTIONS:
            if spec.needs_recording:
                self._actions[spec.name].setEnabled(layer is not None)
        if layer is None:
            later = " yet: they appear here." if facts.growing else ". Record it again, with a longer input."
            self.empty.sentence.setText(f"{facts.name} holds no timesteps{later}")
            self._show_page(self.empty)
            self.toolbar.show_choices()
            self.panes.wait_for([])
            return
        sequences = facts.sequences_of(layer)
        first = next(info.index for info in sequences if info.length)
        if trained := over_training(sequences, first):  # what it has learned, before how
            first = trained[-1].index
        self._show_page(self.splitter)
        if facts.growing:
            self.choosing.show(layer, first)
            self.live.follow(True)
        elif earlier is not None and self._fits(facts, earlier):
            pane, *others = earlier.panes
            self.choosing.show(pane.layer, pane.sequence)
            self.state.change(resume, earlier)
            rows = {"order": pane.order, "filter": pane.filter, "anchor": pane.anchor}
            self.state.change(with_pane, units=pane.units, **rows)
            if not self.panes.waits:
                self.panes.wait_for(others, earlier.focus)
        else:
            self.choosing.show(layer, first)
            if facts.name == DEMO:  # a newcomer reads letters over their columns first
                self.state.change(show_range, 0, _LETTERS)
        self._say_if_cut_short(facts)
        self.area.currentWidget().setFocus()
        self.panes.go_on()  # and then it is ready

    def _say_if_cut_short(self, facts: Facts) -> None:
        cut = not (facts.complete or facts.growing)
        words = f"{facts.name} was cut short while it was being recorded. What it holds is valid."
        self.banner.setText(words if cut else "")
        self.banner.setVisible(cut)

    @Slot(object)
    def _grown(self, facts: Facts) -> None:
        """The recording on show holds more than before, or was completed, perhaps under another name."""
        if str(Path(facts.path).resolve()) != self.settings.last:
            self._remember_file(facts.path)
        self._show_panes()
        self._say_if_cut_short(facts)
        self.toolbar.show_choices()
        self.display.refresh()
        self.status.refresh()

    @Slot(str, str)
    def _refused(self, path: str, message: str) -> None:
        self._opening = ""
        self.panes.wait_for([])
        if self.loader.facts is None:
            self.failed.sentence.setText(message)
            self._show_page(self.failed)
        self.refused.emit(message)
        self.complain(message)

    @Slot(object)
    def _opened_beside(self, facts: Facts) -> None:
        """A recording stands beside the others."""
        if self._remember and facts.path:
            self.settings.seen(str(Path(facts.path).resolve()))
            settings_file.save(self.settings)
        self._show_page(self.splitter)

    @Slot(str)
    def _refused_beside(self, message: str) -> None:
        self.refused.emit(message)
        self.complain(message)

    @Slot(str)
    def _closed_one(self, path: str) -> None:
        """One of several recordings is closed; another may be the first now."""
        self.live.stop()
        if path not in (pane.recording for pane in self.state.view.panes):
            self.complement.drop(path)
        first = self.panes.contexts[0].loader.facts
        if first is not None:
            self._remember_file(first.path)

    @Slot()
    def _show_panes(self) -> None:
        """Name all recordings in the title, and offer what makes sense for several alone where there are several."""
        names = [context.loader.facts.name for context in self.panes.contexts if context.loader.facts]
        if names:
            self.setWindowTitle(f"{', '.join(dict.fromkeys(names))} — gruviz")
        for name in ("close_pane", "next_pane"):
            self._actions[name].setEnabled(self.panes.several)

    def complain(self, message: str) -> None:
        """Say in a dialog what is wrong and what to do, or what else there is to say."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, "gruviz", message, QMessageBox.StandardButton.Ok, self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _earlier(self, path: str) -> View | None:
        if path != self.settings.last:
            return None
        try:
            return from_plain(self.settings.view)
        except ValueError:
            return None

    def _fits(self, facts: Facts, view: View) -> bool:
        pane = view.panes[0]
        if pane.layer not in facts.layers:
            return False
        sequences = facts.sequences_of(pane.layer)
        known = 0 <= pane.sequence < len(sequences) and sequences[pane.sequence].length == view.length > 0
        known = known and (pane.anchor is None or 0 <= pane.anchor < len(sequences))
        return known and all(0 <= unit < facts.layers[pane.layer].size for unit in pane.units)

    def _show_page(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.status.setVisible(page is self.splitter)
        self.toolbar.show_recording(page is self.splitter)

    # Choosing

    def choose_sequence(self, sequence: int) -> None:
        """Turn to another sequence of the tape."""
        self.choosing.choose_sequence(sequence)

    @Slot(int)
    def _choose_speed(self, index: int) -> None:
        self.state.change(replace, speed=float(SPEEDS[index]))
        self.area.currentWidget().setFocus()

    # What the actions do

    @Slot()
    def open(self) -> None:
        """Ask for a recording and open it."""
        dialog = QFileDialog(self, "Open a recording or a model", _folder_of(self.settings.last))
        known = " ".join(f"*{suffix}" for suffix in (*_RECORDINGS, *MODELS, *SEQUENCES, COMPARISON, *FIGURES))
        dialog.setNameFilters([f"Recordings, models, sequences, figures ({known})", "All files (*)"])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    @Slot()
    def compare_with(self) -> None:
        """Ask for recordings and put them beside those that are open."""
        dialog = QFileDialog(self, "Compare with other recordings", _folder_of(self.settings.last))
        dialog.setNameFilters([f"Recordings ({' '.join(f'*{suffix}' for suffix in _RECORDINGS)})", "All files (*)"])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.open_beside)
        dialog.open()

    @Slot()
    def open_demo(self) -> None:
        """Open the demo recording."""
        try:
            self.open_path(str(asset(DEMO)))
        except GruvizError as error:
            self.complain(str(error))

    @Slot()
    def train(self) -> None:
        """Train a network."""
        self.flows.train()

    @Slot()
    def compare(self) -> None:
        """Train an RNN, a GRU and an LSTM on the same task."""
        self.flows.compare()

    @Slot()
    def record(self) -> None:
        """Record a network."""
        self.flows.record()

    @Slot()
    def new_sequence(self) -> None:
        """Let the model of the open recording read another text."""
        self.flows.new_sequence()

    @Slot()
    def paste(self) -> None:
        """Open the file on the clipboard, or let the model read the text there."""
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self.complain("There is neither a text nor a file on the clipboard: copy one first")

    @Slot()
    def export(self) -> None:
        """Save a figure."""
        self.flows.export()

    @Slot()
    def quit(self) -> None:
        """Close the window."""
        self.close()

    @Slot()
    def earlier_checkpoint(self) -> None:
        """The same sequence, earlier in the training."""
        self.training_bar.scrubbing.step(-1)

    @Slot()
    def later_checkpoint(self) -> None:
        """The same sequence, later in the training."""
        self.training_bar.scrubbing.step(1)

    @Slot()
    def play_training(self) -> None:
        """Go through the training, or stop."""
        self.training_bar.play()

    @Slot()
    def _show_shaded(self) -> None:
        self._actions["shade"].setChecked(self.state.view.shaded)

    @Slot()
    def find_text(self) -> None:
        """Find a text in the sequence."""
        self.strips.setCurrentWidget(self.find_bar)
        self.find_bar.begin()

    @Slot()
    def find_next(self) -> None:
        """The next place of the text."""
        self._find_on(True)

    @Slot()
    def find_previous(self) -> None:
        """The place of the text before."""
        self._find_on(False)

    def _find_on(self, forward: bool) -> None:
        if not self.state.view.find:
            self.find_text()
        elif forward:
            self.find_bar.on()
        else:
            self.find_bar.back()

    @Slot()
    def go_to(self) -> None:
        """Go to a timestep by its number."""
        self.strips.setCurrentWidget(self.go_bar)
        self.go_bar.begin()

    @Slot()
    def change_thresholds(self) -> None:
        """Say where a unit counts as retained or overwritten."""
        self.strips.setCurrentWidget(self.thresholds_bar)
        self.thresholds_bar.begin()

    @Slot()
    def _show_display(self) -> None:
        self.strips.setCurrentWidget(self.sheet_bar if self.state.view.page else self.display)
        self.area.currentWidget().setFocus()

    @Slot()
    def _show_area(self) -> None:
        """Pages, or panels over time, and their strip."""
        page = self.state.view.page
        self._actions["read_pages"].setChecked(page)
        shown = self.sheet if page else self.stage
        if self.area.currentWidget() is not shown:
            self.area.setCurrentWidget(shown)
            self._show_display()

    @Slot(int, int)
    def _go_to_sequence(self, sequence: int, timestep: int) -> None:
        self.choose_sequence(sequence)
        self.state.change(seek, timestep)

    @Slot()
    def filter_units(self) -> None:
        """Say which units are on show."""
        self.side.filter.begin()

    @Slot()
    def switch_theme(self) -> None:
        """From light to dark, or back."""
        self.themes.choose("light" if self.themes.theme.name == "dark" else "dark")
        self.settings.theme = self.themes.choice

    @Slot()
    def follow_system(self) -> None:
        """Light or dark as the system is."""
        self.themes.choose("system")
        self.settings.theme = self.themes.choice

    @Slot()
    def help(self) -> None:
        """What mouse and keys do."""
        HelpDialog(self).show()

    @Slot()
    def take_tour(self) -> None:
        """What a newcomer should see, stop by stop."""
        self.tour.begin()

    @Slot()
    def about(self) -> None:
        """Which version this is."""
        import gruviz

        self.complain(f"gruviz {gruviz.__version__}\n\nWhat a gated recurrent network remembers, made visible.")

    # What Qt tells

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files or a text may be dropped."""
        data = event.mimeData()
        if data.hasText() or any(url.isLocalFile() for url in data.urls()):
            _as_a_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the files, or let the model read the text."""
        _as_a_copy(event)
        beside = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._take(event.mimeData(), beside=beside)

    def _take(self, data: QMimeData | None, *, beside: bool = False) -> bool:
        """Do what can be done with what was dropped or pasted; False where that is nothing."""
        if data is None:  # what PySide makes of a clipboard that has never been used, whatever its types say
            return False
        paths = [url.toLocalFile().removesuffix("/") for url in data.urls() if url.isLocalFile()]
        if paths and beside:
            self.open_beside(paths)
        elif paths:
            self.open_paths(paths)
        elif data.text():
            self.flows.read_text(data.text())
        return bool(paths or data.text())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember, end the thread, close."""
        self.state.change(replace, playing=False)
        if self._remember:
            if self.state.view.length:
                self.settings.view = to_plain(self.state.view)
            self.settings.side = {"width": self.side.width(), "height": self.side.tall}
            self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
            settings_file.save(self.settings)
        self.hide()  # work may take a moment to end, and nobody should have to look on
        self.live.stop()
        self.complement.stop()
        self.workbench.stop()
        self.flows.stop()
        self.loader.stop()
        self._collector.stop()
        super().closeEvent(event)

    # Remembering

    def _remember_file(self, path: str) -> None:
        if self._remember and path:
            self.settings.opened(str(Path(path).resolve()))
            settings_file.save(self.settings)

    def _take_a_size(self) -> None:
        """The size of the last time, or the usual one; on a small screen no larger than that."""
        self.resize(*SIZE)
        if self._remember and self.settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.settings.geometry.encode("ascii", "ignore")))
        title = self.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight) if self._remember else 0
        self.resize(self.size().boundedTo(self.screen().availableSize() - QSize(0, title)))


def _as_a_copy(event: QDropEvent) -> None:
    """Take what is dropped without its being taken away: after a move, an editor deletes what was dragged."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _folder_of(path: str) -> str:
    return str(Path(path).parent) if path else str(Path.home())
