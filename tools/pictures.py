"""Make the README's pictures of the window on the demo recordings.

    QT_QPA_PLATFORM=offscreen python tools/pictures.py

Writes assets/pictures/window-NAME.png for every name in PICTURES, 1280 x 800 in the light theme.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gruviz.ui import app as application
from gruviz.ui.settings import Settings
from gruviz.ui.theme import Themes
from gruviz.ui.tour import STOPS
from gruviz.ui.window import MainWindow
from gruviz.view import View, hold, seek, with_pane

ASSETS = Path(__file__).parents[1] / "assets"
SIZE, AT = (1280, 800), 38
REST, PATIENCE = 0.3, 60.0
"""Seconds for which nothing may be left to read before a picture is taken, and for which that is waited for."""


def main() -> None:
    app = application.make_application()
    for name, (recordings, look) in PICTURES.items():
        window = MainWindow(Settings(), Themes("light"), remember=False)
        window.resize(*SIZE)
        window.show()
        window.open_together([str(ASSETS / recording) for recording in recordings])
        there = len(recordings)
        rest(app.processEvents, lambda: len(window.state.view.panes) == there and idle(window))  # noqa: B023
        for change in (lambda view: seek(view, AT), look):  # the list goes to what is selected at the cursor
            window.state.change(change)
            rest(app.processEvents, lambda: idle(window))  # noqa: B023
        path = ASSETS / "pictures" / f"window-{name}.png"
        window.grab().save(str(path))
        print(path)
        application._take_down(window)


def rest(work: Callable[[], object], at_rest: Callable[[], bool]) -> None:
    """Let the window work until it has been idle for a while."""
    began = since = time.monotonic()
    while time.monotonic() - since < REST:
        assert time.monotonic() - began < PATIENCE, "the window never came to rest"
        work()
        time.sleep(0.005)
        if not at_rest():
            since = time.monotonic()


def idle(window: MainWindow) -> bool:
    """Whether all that was asked for has come, in every pane."""
    return window.state.view.length > 0 and all(context.loader.idle for context in window.panes.contexts)


def memory(view: View) -> View:
    """Of what the state of two units is made, and how survival fades from a timestep before."""
    view = hold(with_pane(view, units=(12, 49)), 20)
    return replace(view, derived=("survival",), tab="memory", shaded=True)


def cell(view: View) -> View:
    """The numbers that flow through a unit."""
    return replace(with_pane(view, units=(12, 49)), tab="cell")


def pages(view: View) -> View:
    """The text coloured by the unit that follows the place in the line."""
    view = with_pane(view, units=(95,))
    return replace(view, page=True, label="place in the line", tab="timescales")


DEMO, ALL = ("demo.h5",), ("demo-rnn.h5", "demo.h5", "demo-lstm.h5")
VANISHING = next(stop for stop in STOPS if stop.title == "Why gradients vanish")
PICTURES: dict[str, tuple[tuple[str, ...], Callable[[View], View]]] = {
    "memory": (DEMO, memory),
    "cell": (DEMO, cell),
    "pages": (DEMO, pages),
    "three": (ALL, STOPS[-1].look),
    "gradient": (ALL, VANISHING.look),
}

if __name__ == "__main__":
    main()
