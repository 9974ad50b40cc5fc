"""Make the README's pictures of what is remembered: the window on the demo, taken apart in three ways.

    QT_QPA_PLATFORM=offscreen python tools/pictures.py

Writes assets/pictures/window-memory.png, window-cell.png and window-pages.png, 1280 x 800 in the light theme.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gruviz.ui import app as application
from gruviz.ui.settings import Settings
from gruviz.ui.theme import Themes
from gruviz.ui.window import MainWindow
from gruviz.view import View, hold, seek, with_pane

ASSETS = Path(__file__).parents[1] / "assets"
SIZE, AT = (1280, 800), 38
REST, PATIENCE = 0.3, 60.0
"""Seconds for which nothing may be left to read before a picture is taken, and for which that is waited for."""


def main() -> None:
    app = application.make_application()
    for name, look in PICTURES.items():
        window = MainWindow(Settings(), Themes("light"), remember=False)
        window.resize(*SIZE)
        window.show()
        window.open_recording(str(ASSETS / "demo.h5"))
        rest(app.processEvents, lambda: window.state.view.length > 0 and window.loader.idle)  # noqa: B023
        for change in (lambda view: seek(view, AT), look):  # the list goes to what is selected at the cursor
            window.state.change(change)
            rest(app.processEvents, lambda: window.loader.idle)  # noqa: B023
        path = ASSETS / "pictures" / f"window-{name}.png"
        window.grab().save(str(path))
        print(path)
        application._take_down(window)


def rest(work: Callable[[], object], idle: Callable[[], bool]) -> None:
    """Let the window work until it has been idle for a while."""
    began = since = time.monotonic()
    while time.monotonic() - since < REST:
        assert time.monotonic() - began < PATIENCE, "the window never came to rest"
        work()
        time.sleep(0.005)
        if not idle():
            since = time.monotonic()


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


PICTURES: dict[str, Callable[[View], View]] = {"memory": memory, "cell": cell, "pages": pages}

if __name__ == "__main__":
    main()
