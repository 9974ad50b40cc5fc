"""A recording that is still being written: looking again for what is new, and going along with it."""

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from gruviz.recording import SequenceInfo
from gruviz.recording.schema import PARTIAL
from gruviz.ui.panels import Context
from gruviz.ui.reading import Facts
from gruviz.ui.theme import STEP
from gruviz.view import follow, grow

_EVERY = 500
"""Milliseconds between two looks at a file that grows."""
_SOON = 100
"""The same, after one that came to nothing: a file is half written for a few hundredths of a second at a time."""
_MISSES = 10
"""Looks that may come to nothing before anybody is told."""
_REST = 4
"""Times as long as it took to show what is new, nothing is looked at."""
_SLOWEST = 5000
"""Milliseconds between two looks at most."""


class Live(QObject):
    """Looks again at a recording that is not complete, twice a second, and moves the view along with what is new."""

    began = Signal(object)
    """The `Facts` of a recording that held no timesteps until now."""
    changed = Signal(object)
    """The `Facts` of the recording on show, which has grown, been completed or been given up; the view has moved."""
    told = Signal()
    """`words` are others."""
    lost = Signal(str)
    """What was awaited is not what is on show: the path of it."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._before: Facts | None = None
        """Of the recording as it was at the last look; None while none is looked at."""
        self._misses = 0
        """Looks, one after the other, that came to nothing or after which something could not be read."""
        self._awaited = ""
        self._took = 0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        context.loader.opened.connect(self._begin)
        context.loader.looked.connect(self._take)
        context.loader.settled.connect(self._measure)

    @property
    def growing(self) -> bool:
        """Whether somebody is writing the recording on show."""
        return self._before is not None and self._before.growing

    @property
    def watching(self) -> bool:
        """Whether the recording on show may yet become more, or be given its name."""
        return self._before is not None

    @property
    def words(self) -> str:
        """What to say of it; empty where it does not grow."""
        facts, pane = self._before, self._context.state.view.pane
        if facts is None or not facts.growing:
            return ""
        layer = pane.layer if pane.layer in facts.layers else next(iter(facts.layers), "")
        sequences = facts.sequences_of(layer) if layer else ()
        total = sum(info.length for info in sequences)
        words = f"{total:,} timesteps so far" if total else "no timesteps yet"
        return words if len(sequences) < 2 else f"{words}, in {len(sequences):,} sequences"

    @property
    def trouble(self) -> str:
        """That something could not be read for a while; empty where all could."""
        if not self.growing or self._misses < _MISSES:
            return ""
        return "The newest part cannot be read at this moment: what was read before stays, and it is tried again."

    @property
    def following(self) -> bool:
        """Whether what is new comes into sight by itself: the view stands at the end of the newest sequence."""
        facts, view = self._before, self._context.state.view
        if facts is None or view.pane.layer not in facts.layers:
            return False
        return view.following and newest(facts.sequences_of(view.pane.layer), view.pane.sequence) == view.pane.sequence

    def follow(self, on: bool) -> None:
        """Go to the newest timestep and stay there, or stay where one is."""
        self._context.state.change(follow, on)
        facts, pane = self._before, self._context.state.view.pane
        if on and facts is not None and pane.layer in facts.layers:
            self._show(facts, newest(self._sequences(facts), pane.sequence))

    def go_on_to(self, path: str) -> None:
        """The recording that is being watched is done, and stands at `path`: go on with it, or say that it is lost."""
        self._awaited = path
        self.look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._before, self._awaited = None, ""

    @Slot()
    def look(self) -> None:
        """Look for what is new."""
        if self._before is not None:
            self._clock.start()
            self._context.loader.look(again=bool(self._context.loader.stumbled))

    @Slot(object)
    def _begin(self, facts: Facts) -> None:
        """Another recording is open."""
        self.stop()
        self._misses = self._took = 0
        if not _is_done(facts):
            self._before = facts
            self._timer.start(_EVERY)
        self.told.emit()

    @Slot(object, str)
    def _take(self, facts: Facts | None, wrong: str) -> None:
        if self._before is None:
            return
        before = self._before
        self._misses = self._misses + 1 if wrong or self._context.loader.stumbled else 0
        if facts is not None:
            self._before = facts
            self._go_along(before, facts)
        self.told.emit()
        self._expect(wrong)
        if self._before is None or _is_done(self._before):
            self.stop()
        else:
            every = _SOON if self._misses or self._awaited else _EVERY
            self._timer.start(max(every, min(_REST * self._took, _SLOWEST)))

    def _go_along(self, before: Facts, facts: Facts) -> None:
        view, pane = self._context.state.view, self._context.state.view.pane
        if pane.layer not in facts.layers:  # there was nothing to show
            if any(info.length for layer in facts.layers for info in facts.sequences_of(layer)):
                self.began.emit(facts)
            return
        here = pane.sequence
        if view.following and here == newest(self._sequences(before), here):
            here = newest(self._sequences(facts), here)
        self._show(facts, here)

    def _show(self, facts: Facts, sequence: int) -> None:
        info = self._sequences(facts)[sequence]
        change = self._context.state.change
        change(grow, info.length, recording=facts.path, sequence=sequence, checkpoint=info.checkpoint)
        self.changed.emit(facts)

    def _sequences(self, facts: Facts) -> Sequence[SequenceInfo]:
        return facts.sequences_of(self._context.state.view.pane.layer)

    def _expect(self, wrong: str) -> None:
        if not self._awaited or self._before is None:
            return
        if self._before.path == self._awaited:
            self._awaited = ""
        elif wrong:
            path, self._awaited = self._awaited, ""
            self.lost.emit(path)

    @Slot()
    def _measure(self) -> None:
        if self._clock.isValid():
            self._took = self._clock.elapsed()
            self._clock.invalidate()


def newest(sequences: Sequence[SequenceInfo], here: int) -> int:
    """The sequence to go on to from another: of the last forward pass, the one in the same place of its batch."""
    filled = [info for info in sequences if info.length]
    if not filled:
        return here
    last = [info for info in filled if info.pass_ == filled[-1].pass_]
    alike = [info.index for info in last if info.item == sequences[here].item]
    return alike[-1] if alike else last[-1].index


def _is_done(facts: Facts) -> bool:
    """Whether the file will not change any more: all is in it, and it has its name."""
    return facts.complete and not facts.path.endswith(PARTIAL)


class LiveBar(QWidget):
    """Says that the recording grows, and offers to go along; hidden where it does not grow."""

    def __init__(self, context: Context, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self.setObjectName("live")
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        row.setSpacing(2 * STEP)
        sign, self.words, self.trouble = QLabel("● live"), QLabel(), QLabel()
        sign.setObjectName("livesign")
        self.trouble.setObjectName("wrong")
        self.follow = QToolButton()
        self.follow.setObjectName("quantity")
        self.follow.setText("Follow")
        self.follow.setCheckable(True)
        self.follow.setToolTip(
            "What stands at the end stays at the end: the cursor, the visible range, and the newest sequence. "
            "Move away from the end to look at something else; press again to go back to it."
        )
        self.follow.clicked.connect(self._switch)
        for widget in (sign, self.words, self.trouble):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.follow)
        live.told.connect(self._tell)
        context.state.follow_changed.connect(self._tell)
        context.state.pane_changed.connect(self._tell)
        self.hide()

    @Slot()
    def _tell(self) -> None:
        words = self._live.words
        self.words.setText(words)
        self.trouble.setText(self._live.trouble)
        self.follow.setChecked(self._live.following)
        self.setVisible(bool(words))

    @Slot(bool)
    def _switch(self, on: bool) -> None:
        self._live.follow(on)
        self._tell()  # the button may stay as it was
