"""Figures on their way to paper: what is wanted of one, and the jobs that save it. One is drawn at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gruviz.figures.names import DESCRIPTIONS, OF_FOLDERS
from gruviz.ui.garbage import importing
from gruviz.ui.jobs import CancelledError, Done, Progress, Report, say
from gruviz.view import View

if TYPE_CHECKING:
    from gruviz.figures import Page
    from gruviz.recording import Recording

Watch = Callable[[int], bool]
"""Told how many timesteps were read so far; False ends it."""
_DRAWING = threading.Lock()


@contextmanager
def at_work() -> Iterator[None]:
    """While figures are drawn: matplotlib's settings are the whole process's, so no two threads draw at once."""
    with importing():
        from gruviz.figures import draw, save  # noqa: F401 - the first time takes a second
    with _DRAWING:
        yield


@dataclass(frozen=True)
class Wish:
    """A figure that somebody wants."""

    source: str
    """The path of a recording, or the folder of a comparison."""
    figure: str
    view: View | None = None
    """What is being looked at; None for a comparison."""
    style: tuple[tuple[str, Any], ...] = ()
    """The plain values of a `gruviz.figures.Style`."""
    times: tuple[int, int] | None = None
    """Timesteps from the first up to the second; None for those that the view shows."""
    beside: tuple[str, ...] = ()
    """Recordings whose gradients are drawn in the same figure."""

    def draw(self, watch: Watch | None = None) -> "Page":
        """Draw it. Raises GruvizError; `gruviz.figures.Stopped` once nobody wants it."""
        from gruviz import comparison, figures

        if self.figure in OF_FOLDERS:
            return figures.comparison(comparison.read(self.source), folder=self.source, style=dict(self.style))
        with self.opened() as (run, options):
            return figures.draw(run, self.figure, self.view, on_progress=watch, **options)

    @contextmanager
    def opened(self) -> Iterator[tuple["Recording", dict[str, Any]]]:
        """The open recording, and what its figure's function is called with."""
        import gruviz.recording

        with ExitStack() as stack:
            run = stack.enter_context(gruviz.recording.open(self.source))
            options: dict[str, Any] = {"style": dict(self.style)}
            if self.times is not None:
                options |= {"start": self.times[0], "stop": self.times[1]}
            if self.beside:
                options["beside"] = [stack.enter_context(gruviz.recording.open(path)) for path in self.beside]
            yield run, options


@dataclass(frozen=True)
class Drawing:
    """A figure, or the numbers in it, to be saved: the ending of the name decides as what."""

    wish: Wish
    output: str
    dpi: int = 300
    outlines: bool = False
    sidecar: bool = False

    def __call__(self, report: Report) -> Done:
        """Draw and save. Raises GruvizError."""
        say(report, "drawing")
        with at_work(), _cancellable():
            from gruviz import figures

            page = self.wish.draw(_reading(report))
            say(report, "saving")
            figures.save(page, self.output, dpi=self.dpi, outlines=self.outlines, sidecar=self.sidecar)
        return Done(self.output, "Saved")


@dataclass(frozen=True)
class Filming:
    """A film of a figure while time runs through its range."""

    wish: Wish
    output: str
    dpi: int | None = None
    """Pixels to an inch; None for as many as a screen has."""
    fps: float = 20.0

    def __call__(self, report: Report) -> Done:
        """Draw and save. Raises GruvizError."""
        say(report, "drawing the first frame")
        began = time.monotonic()

        def watch(done: int, total: int) -> bool:
            left = (time.monotonic() - began) / done * (total - done)
            return report(Progress(done / total, f"frame {done:,} of {total:,}", left))

        with at_work(), self.wish.opened() as (run, options):
            from gruviz import figures

            how: dict[str, Any] = {**options, "fps": self.fps, "dpi": self.dpi, "on_progress": watch}
            if not figures.film(run, self.wish.figure, self.output, self.wish.view, **how):
                raise CancelledError
        return Done(self.output, "Saved")


@dataclass(frozen=True)
class Binding:
    """All figures of a view, as the pages of one PDF."""

    wish: Wish
    """Of any of them."""
    output: str

    def __call__(self, report: Report) -> Done:
        """Draw and save. Raises GruvizError."""
        say(report, "drawing")
        pages: list[Page] = []
        left_out: list[str] = []

        def watch(count: int) -> bool:
            done = len(pages) + len(left_out)
            return report(Progress(done / len(DESCRIPTIONS), f"figure {done + 1} of {len(DESCRIPTIONS)}"))

        with at_work(), _cancellable():
            from gruviz import figures

            with self.wish.opened() as (run, options):
                every = figures.all_of(run, self.wish.view, on_refusal=left_out.append, on_progress=watch, **options)
                for _, page in every:
                    pages.append(page)
                    if not watch(0):
                        raise CancelledError
            say(report, "saving")
            figures.save_together(pages, self.output)
        rest = f"; {len(left_out)} that this recording has nothing for are left out" if left_out else ""
        return Done(self.output, f"Saved {len(pages)} figures{rest}")


def _reading(report: Report) -> Watch:
    return lambda count: report(Progress(0, f"drawing, {count:,} timesteps read"))


@contextmanager
def _cancellable() -> Iterator[None]:
    """Raises CancelledError where a figure was given up because nobody wants it."""
    from gruviz.figures import Stopped

    try:
        yield
    except Stopped:
        raise CancelledError from None
