"""The thread that reads. The GUI thread never touches a file and never waits for one."""

import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal, Slot

import gruviz.recording
from gruviz.errors import GruvizError
from gruviz.recording import Recording, being_written
from gruviz.ui.asked import Asked
from gruviz.ui.reading import Facts, Request, Source, Unfinished, facts_of

_TOGETHER = 0.012
"""Seconds that an answer waits for others that were asked with it."""
Lent = dict[str, Mapping[str, NDArray[Any]]]
"""By the SHA-256 of a model's weights, those weights by name."""
_OPEN = "open"
_LOOK = "look"


@dataclass(frozen=True)
class _Open:
    """Open a file in place of the one that is open."""

    path: str
    slot: str = _OPEN


@dataclass(frozen=True)
class _Look:
    """Look for what is new in the file that is open."""

    again: bool
    """Read it anew even where its file is as it was."""
    slot: str = _LOOK


@dataclass
class _Exchange:
    """What the two threads hand each other: one place for each slot, where a newer thing replaces an older one."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: dict[str, Request | _Open | _Look] = field(default_factory=dict)
    """In the order in which they were asked."""
    wanted: dict[str, Request] = field(default_factory=dict)
    """The newest of each slot, asked or answered: an answer that is not finished is gone on with for these alone."""
    turns: dict[str, int] = field(default_factory=dict)
    """When each slot was served last, counted in answers."""
    working: bool = False
    answers: dict[str, tuple[Any, Any, str | None]] = field(default_factory=dict)
    """Request, answer, and what went wrong."""
    told: bool = False
    """The GUI thread has been told of answers that it has not fetched yet."""
    since: float = 0.0
    """When the first of the answers that it has not been told of was there."""
    stopping: bool = False


class Loader(Asked):
    """Owns the open recording, and the thread that reads it."""

    left = Signal()
    """The thread has ended, as it was told to."""

    _wake = Signal()

    def __init__(self, lent: Lent | None = None, parent: QObject | None = None) -> None:
        """`lent` are weights for recordings that hold none: what is there when one is opened."""
        super().__init__(parent)
        self._facts: Facts | None = None
        self._exchange = _Exchange()
        self._stumbled = ""
        self._newest: dict[str, Request] = {}
        self._opening = False
        self._thread = QThread(self)
        self._worker = _Worker(self._exchange, {} if lent is None else lent)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.work)
        self._worker.tick.connect(self._fetch)
        self._thread.finished.connect(self.left)

    @property
    def facts(self) -> Facts | None:
        """Of the open recording; None while there is none."""
        return self._facts

    @property
    def stumbled(self) -> str:
        """Why the last read of a recording that is being written came to nothing; empty where it did not."""
        return self._stumbled

    def open(self, path: str) -> None:
        """Open the recording at `path`; `opened` or `refused` follows."""
        if not self._thread.isRunning():
            self._thread.start()
        self._opening = True
        with self._exchange.lock:
            self._exchange.asked.pop(_OPEN, None)
            self._exchange.asked[_OPEN] = _Open(path)
        self._wake.emit()

    def look(self, again: bool = False) -> None:
        """Look for what is new in the open recording; `looked` follows. Read it anew in any case, if told so."""
        with self._exchange.lock:
            self._exchange.asked[_LOOK] = _Look(again)
        self._wake.emit()

    def ask(self, request: Request) -> None:
        """Ask for something of the open recording. The same thing asked twice in a row is asked once."""
        if self._newest.get(request.slot) == request:
            return
        self._newest[request.slot] = request
        if not self._opening:  # else it is about a recording that is about to go, and asked only if that stays
            self._submit(request)

    def forget(self, slot: str) -> None:
        """Nothing is waited for in this slot any more."""
        self._newest.pop(slot, None)
        with self._exchange.lock:
            self._exchange.asked.pop(slot, None)
            self._exchange.wanted.pop(slot, None)

    @property
    def idle(self) -> bool:
        """Whether all that was asked has been answered."""
        exchange = self._exchange
        with exchange.lock:
            return not (exchange.asked or exchange.working or exchange.answers)

    def stop(self) -> None:
        """End the thread, after the read that is under way, and close the recording. Nothing is answered afterwards."""
        self.leave()
        self._thread.wait()
        self._worker.close()

    def leave(self) -> None:
        """Begin to stop, and do not wait: `left` follows."""
        with self._exchange.lock:
            self._exchange.stopping = True
            self._exchange.asked.clear()
        self._thread.quit()

    def _submit(self, request: Request) -> None:
        with self._exchange.lock:
            self._exchange.asked.pop(request.slot, None)
            self._exchange.asked[request.slot] = self._exchange.wanted[request.slot] = request
        self._wake.emit()

    @Slot()
    def _fetch(self) -> None:
        with self._exchange.lock:
            answers, self._exchange.answers = self._exchange.answers, {}
            self._exchange.told = False
        for request, answer, wrong in answers.values():
            if self._exchange.stopping:
                return
            if isinstance(request, _Open):
                self._was_opened(request, answer, wrong)
            elif isinstance(request, _Look):
                self._has_looked(answer, wrong)
            else:
                self._was_answered(request, answer, wrong)
        if self.idle:
            self.settled.emit()

    def _was_opened(self, request: _Open, facts: Facts | None, wrong: str | None) -> None:
        self._opening = False
        if facts is None:
            for waiting in self._newest.values():
                self._submit(waiting)
            self.refused.emit(request.path, wrong)
            return
        self._facts = facts
        self._newest.clear()
        self.opened.emit(facts)

    def _has_looked(self, facts: Facts | None, wrong: str | None) -> None:
        if facts is not None:
            self._facts = facts
        before = dict(self._newest)
        self.looked.emit(facts, wrong or "")
        if facts is not None:
            self._stumbled = ""
        if facts is not None and not self._opening:
            for slot, request in self._newest.items():
                if before.get(slot) is request:
                    self._submit(request)

    def _was_answered(self, request: Request, answer: Any, wrong: str | None) -> None:
        newest = self._newest.get(request.slot)
        if newest is None or newest.subject != request.subject:
            return
        if wrong is None:
            self.answered.emit(request, answer)
        elif self._facts is not None and self._facts.growing:
            self._stumbled = wrong
        else:
            self.failed.emit(request, wrong)


class _Worker(QObject):
    tick = Signal()

    def __init__(self, exchange: _Exchange, lent: Lent) -> None:
        super().__init__()
        self._exchange, self._lent = exchange, lent
        self._source: Source | None = None
        self._facts: Facts | None = None
        self._missed = False
        """What was new could not be read: the file is read again, whether it has changed since or not."""
        self._answered: dict[str, Request] = {}
        """The last of each slot."""
        self._ahead: dict[str, tuple[Request, Request]] = {}
        """By slot, what was answered last, and what before: where the reader is probably going."""

    @Slot()
    def work(self) -> None:
        """Answer what has been asked, the newest first; then read what will probably be asked for."""
        while (request := self._take()) is not None or self._look_ahead():
            if request is None:
                continue
            try:
                answer, wrong = self._answer(request), None
            except GruvizError as error:
                answer, wrong = None, str(error)
            except Exception as error:  # a slot that raises ends nothing and tells nobody
                if self._facts is None or not self._facts.growing:  # else it is half written, and read again
                    traceback.print_exc()
                answer, wrong = None, f"gruviz failed to read this ({type(error).__name__}: {error})"
            self._give(request, answer, wrong)

    def close(self) -> None:
        """Close the recording."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _look_ahead(self) -> bool:
        """Read a little that was not asked for; whether there was anything to read."""
        if not self._ahead or self._source is None:
            return False
        _, (request, before) = self._ahead.popitem()
        try:
            request.look_ahead(self._source, before)
        except GruvizError:
            pass  # whoever asks for it is told
        except Exception:
            traceback.print_exc()
        return True

    def _take(self) -> Request | _Open | _Look | None:
        exchange = self._exchange
        with exchange.lock:
            if exchange.stopping or not exchange.asked:
                tell = bool(exchange.answers) and not exchange.told  # of what waited for one that was forgotten since
                exchange.told |= tell
            else:
                return self._next()
        if tell:
            self.tick.emit()
        return None

    def _next(self) -> Request | _Open | _Look:
        """What comes next, while the exchange is locked."""
        exchange = self._exchange
        exchange.working = True
        # The newest first; but while requests keep coming, slots take turns, or else some panels would starve.
        waiting = [_OPEN] if _OPEN in exchange.asked else list(reversed(exchange.asked))
        slot = min(waiting, key=lambda each: exchange.turns.get(each, 0))
        exchange.turns[slot] = max(exchange.turns.values(), default=0) + 1
        return exchange.asked.pop(slot)

    def _give(self, request: Request | _Open | _Look, answer: Any, wrong: str | None) -> None:
        exchange = self._exchange
        with exchange.lock:
            if isinstance(answer, Unfinished):
                answer = answer.answer
                if request.slot not in exchange.asked and exchange.wanted.get(request.slot) is request:
                    exchange.asked[request.slot] = request
            if isinstance(request, _Open) and wrong is None:  # all else was about the recording before
                exchange.answers.clear()
                exchange.wanted.clear()
                exchange.asked = {slot: asked for slot, asked in exchange.asked.items() if slot == _OPEN}
            if not exchange.answers:
                exchange.since = time.perf_counter()
            before = exchange.answers.pop(request.slot, None)  # they are told of in the order in which they came
            if isinstance(request, _Look) and answer is None and before is not None:
                answer = before[1]  # what one look found is new until it has been told, whatever the next one finds
            exchange.answers[request.slot] = (request, answer, wrong)
            exchange.working = False
            # What is asked at once is mostly there at once: told of it together, the window is painted once.
            wait = bool(exchange.asked) and time.perf_counter() < exchange.since + _TOGETHER
            tell = not (exchange.told or wait)
            exchange.told |= tell
        if tell:
            self.tick.emit()

    def _answer(self, request: Request | _Open | _Look) -> Any:
        if isinstance(request, _Open):
            return self._replace(gruviz.recording.open_growing(Path(request.path)))
        if isinstance(request, _Look):
            return self._look(request.again)
        if self._source is None:
            raise GruvizError("no recording is open: open one first")
        answer = request.read(self._source)
        before = self._answered.get(request.slot)
        if before is not None and before != request:
            self._ahead[request.slot] = request, before
        self._answered[request.slot] = request
        return answer

    def _look(self, again: bool) -> Facts | None:
        if self._source is None or self._facts is None or not self._facts.path:
            return None
        before, recording = self._facts, self._source.recording
        try:
            found = gruviz.recording.newer(recording, again=again or self._missed)
            self._missed = True  # until its facts have been read too
            facts = self._facts if found is None else self._replace(found)
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise GruvizError(f"{recording.name} cannot be read just now ({error})") from error
        self._missed = False
        self._facts = replace(facts, growing=being_written(self._source.recording))
        return None if found is None and self._facts == before else self._facts

    def _replace(self, recording: Recording) -> Facts:
        try:
            for step, about in recording.checkpoints.items():
                if about.get("sha256") in self._lent:
                    recording.lend(self._lent[about["sha256"]], step)
            facts = facts_of(recording)
        except BaseException:
            recording.close()
            raise
        self.close()
        self._source, self._facts = Source(recording), facts
        self._answered.clear()
        self._ahead.clear()
        return facts
