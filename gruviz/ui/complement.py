"""Making what a long recording lacks to be drawn quickly, while it is already on show."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

import gruviz.recording
from gruviz.ui.jobs import CancelledError, Done, Job, Progress, Report
from gruviz.ui.loaders import Loaders
from gruviz.ui.reading import Facts

_WHY = (
    "This recording lacks the levels that a picture of many timesteps is drawn from. They are made once, and kept in "
    "the cache of this user, not in the recording. Until then some of the timesteps are drawn; zoomed in, all of them."
)


@dataclass(frozen=True)
class _Complementing:
    """The work: what the recording at a path lacks."""

    path: str

    def __call__(self, report: Report) -> Done:
        """Make it. Raises GruvizError."""
        with gruviz.recording.open(self.path) as run:
            if not gruviz.recording.complement(run, lambda part: report(Progress(part, ""))):
                raise CancelledError
        return Done(self.path, "")


class Complement(QObject):
    """Sees to it that what open recordings lack is made, one after the other, and that it is then read."""

    told = Signal(str, str)
    """What to say of it, and what to add where somebody asks; empty where there is nothing to say."""

    def __init__(self, loaders: Loaders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loaders = loaders
        self._job: Job | None = None
        """The one that is listened to."""
        self._jobs: list[Job] = []
        """All that have not ended yet."""
        self._first = ""
        """The path of the first recording, where that lacks something."""
        self._paths: list[str] = []
        """What is made now, and next."""
        loaders.opened.connect(self._begin_anew)
        loaders.looked.connect(self._look)

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._leave()
        for job in self._jobs:
            job.wait()

    @Slot(object)
    def add(self, facts: Facts) -> None:
        """Make what a recording lacks that stands beside the first, too."""
        self._make(_lacking(facts))

    def drop(self, path: str) -> None:
        """A recording is not open any more."""
        if path in self._paths:
            under_way = self._paths[0] == path
            self._paths.remove(path)
            if under_way:
                self._leave()
                self.told.emit("", "")
                self._go_on()

    @Slot(object)
    def _begin_anew(self, facts: Facts) -> None:
        """A recording is open in place of all."""
        if self._paths != [_lacking(facts)]:
            self._leave()
            self._paths.clear()
            self._first = ""
            self.told.emit("", "")
        self._see(facts)

    @Slot(object, str)
    def _look(self, facts: Facts | None, wrong: str) -> None:
        if facts is not None:
            self._see(facts)

    def _see(self, facts: Facts) -> None:
        """Begin, where something is lacking that does not come by itself; once for each file."""
        wanted = _lacking(facts)
        if wanted == self._first:
            return
        self.drop(self._first)
        self._first = wanted
        if not self._paths:
            self.told.emit("", "")
        self._make(wanted)

    def _make(self, path: str) -> None:
        if path and path not in self._paths:
            self._paths.append(path)
            self._go_on()

    def _go_on(self) -> None:
        """Make what is next, if nothing is made just now."""
        if self._job is not None or not self._paths:
            return
        self._job = Job("Overview", _Complementing(self._paths[0]), self)
        self._job.progressed.connect(self._tell)
        self._job.failed.connect(self._fail)
        self._job.done.connect(self._finish)
        self._jobs = [job for job in self._jobs if job.isRunning()] + [self._job]
        self._job.start()
        self._tell()

    def _leave(self) -> None:
        """Let the one that is under way end by itself, and hear no more of it."""
        job, self._job = self._job, None
        if job is not None:
            for signal in (job.progressed, job.failed, job.done):
                signal.disconnect()
            job.cancel()

    @Slot()
    def _tell(self) -> None:
        if self._job is not None:
            self.told.emit(f"overview {self._job.latest.fraction:.0%}", _WHY)

    @Slot(str)
    def _fail(self, message: str) -> None:
        self._job = None
        self._paths.pop(0)
        self.told.emit("no overview", message)
        self._go_on()

    @Slot(object)
    def _finish(self, done: Done) -> None:
        self._job = None
        self._paths.pop(0)
        self.told.emit("", "")
        self._loaders.look_at(done.path)
        self._go_on()


def _lacking(facts: Facts) -> str:
    """The path of a recording that lacks what does not come by itself; else nothing."""
    return facts.path if facts.lacking and not facts.growing else ""
