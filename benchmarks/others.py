"""The same scripted scrub in other viewers, on arrays as large as each can take, beside ours on the same arrays.

Each other viewer is installed for its row into an environment of its own, under build/bench/.
"""

import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from typing import Any

from benchmarks import large
from benchmarks.apart import ROOT, NotRunError, apart
from benchmarks.rows import Row

SHOWN = ("update", "reset", "hidden")
"""Three heatmaps, as in ours."""
TRACES = 16
"""Units that ephyviewer is given: it draws a line for each."""
PIECE = 8192
"""Timesteps that are read at a time."""
ENVIRONMENTS = ROOT / "build" / "bench"


def scrub_vs_imageitem() -> Row:
    """Three `pyqtgraph.ImageItem`s fed the full arrays."""
    what = "of float32 in memory (1,000,000 would hold 7.7 GB, with the images made of them)"
    return compared("scrub_vs_imageitem", "imageitem", 100_000, what)


def scrub_vs_ephyviewer() -> Row:
    """Three of ephyviewer's trace viewers: it has none for images of values."""
    what = f"x {TRACES} units drawn as lines, of float32 in memory"
    return compared("scrub_vs_ephyviewer", "ephyviewer", 1_000_000, what, "ephyviewer")


def scrub_vs_napari() -> Row:
    """Three image layers of napari under Xvfb, drawn by Mesa's software renderer where there is no GPU."""
    what = "of float32 in memory, its largest texture"
    return compared("scrub_vs_napari", "napari", 16_384, what, "napari", display=True)


ROWS: dict[str, Callable[[], Row]] = {
    function.__name__: function for function in (scrub_vs_imageitem, scrub_vs_ephyviewer, scrub_vs_napari)
}


def compared(name: str, viewer: str, timesteps: int, what: str, package: str = "", display: bool = False) -> Row:
    """How many times longer than ours the p99 of its frames is."""
    if display and not shutil.which("xvfb-run"):
        raise NotRunError("it needs xvfb-run, which is not installed")
    python = environment(package) if package else sys.executable
    path = large.made(timesteps)
    theirs = apart("others", viewer, path, python=python, display=display)
    ours = apart("others", "ours", path, display=display)
    detail = f"T = {timesteps:,} {what}: {theirs['times']}; ours {ours['times']}"
    return Row(name, theirs["p99"] / ours["p99"], "ratio", ">= 1.0", detail)


def environment(package: str) -> str:
    """The Python of an environment that holds a viewer, as `bench` in pyproject.toml names it; made where it is not."""
    python = ENVIRONMENTS / package / "bin" / "python"
    if python.exists():
        return str(python)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = next(requirement for requirement in extras["bench"] if requirement.startswith(package))
    ours = ("PySide6-Essentials", "h5py", "platformdirs", "pyqtgraph")
    unfinished = ENVIRONMENTS / f"{package}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(unfinished)], check=True, capture_output=True)
        install = [
            str(unfinished / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "-q",
            "-c",
            str(ROOT / "requirements.lock"),
        ]
        subprocess.run([*install, wanted, *ours], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        reason = (str(error.stderr or error).strip().splitlines() or ["no reason given"])[-1]
        raise NotRunError(f"{wanted} could not be installed: {reason}") from error
    unfinished.rename(unfinished.with_suffix(""))  # its python is called by its path, which no script of it is
    return str(python)


# In a process of their own. Every move is waited for until all of it is painted.


def ours(path: str) -> dict[str, object]:
    """Our window on the recording."""
    from benchmarks.app import Opened
    from gruviz.view import seek, show_range

    opened = Opened(path)
    opened.select_units(12, 49)

    def go(cursor: int, start: int, stop: int) -> None:
        opened.window.state.change(lambda view: seek(show_range(view, start, stop), cursor))

    return scrubbed(opened.hand, opened.view.length, go)


def imageitem(path: str) -> dict[str, object]:
    """An image of the whole array in each of three plots, and a line in each."""
    import pyqtgraph as pg

    from benchmarks.frames import SIZE, Hand, Paints

    pg.setConfigOptions(imageAxisOrder="row-major")
    app = pg.mkQApp()
    window = pg.GraphicsLayoutWidget(size=SIZE)
    plots, lines = [], []
    for row, values in enumerate(arrays(path)):
        plot = window.addPlot(row=row, col=0)
        image = pg.ImageItem(values.T, levels=(float(values.min()), 1.0))
        image.setColorMap("viridis")
        line = pg.InfiniteLine()
        plot.addItem(image)
        plot.addItem(line)
        plots.append(plot)
        lines.append(line)
    window.show()
    hand = Hand(app, Paints(window))

    def go(cursor: int, start: int, stop: int) -> None:
        for plot, line in zip(plots, lines, strict=True):
            plot.setXRange(start, stop, padding=0)
            line.setValue(cursor + 0.5)

    return scrubbed(hand, len(values), go)


def ephyviewer(path: str) -> dict[str, object]:
    """Three trace viewers; the cursor stands at a fixed place of the screen, so that every seek moves the traces."""
    import ephyviewer as ephy

    from benchmarks.frames import SIZE, Hand, Paints

    asked = served = 0

    class Grabber(ephy.traceviewer.DataGrabber):
        def on_request_data(self, *arguments: object) -> None:
            nonlocal served
            super().on_request_data(*arguments)
            served += 1

    def ask(*_: object) -> None:
        nonlocal asked
        asked += 1

    ephy.traceviewer.DataGrabber = Grabber
    app = ephy.mkQApp()
    window = ephy.MainViewer(global_xsize_zoom=True)
    views = []
    for name, values in zip(SHOWN, arrays(path, TRACES), strict=True):
        view = ephy.TraceViewer.from_numpy(values, 1.0, 0.0, name)
        view.request_data.connect(ask)
        view.auto_scale()
        window.add_view(view)
        views.append(view)
    window.resize(*SIZE)
    window.show()
    hand = Hand(app, Paints(window), lambda: served >= asked)

    def go(cursor: int, start: int, stop: int) -> None:
        span = float(stop - start)
        for view in views:
            if view.params["xsize"] != span:
                view.set_xsize(span)
        ratio = views[0].params["xratio"]
        window.seek(start + ratio * span if (start, stop) != go.last else float(cursor))  # type: ignore[attr-defined]
        go.last = start, stop  # type: ignore[attr-defined]

    go.last = None  # type: ignore[attr-defined]
    return scrubbed(hand, len(values), go)


def napari(path: str) -> dict[str, object]:
    """Three image layers beneath each other, and a line over them."""
    import napari
    import numpy as np
    from qtpy.QtWidgets import QApplication

    from benchmarks.frames import SIZE, Hand, Paints

    viewer = napari.Viewer(show=False)
    for row, (name, values) in enumerate(zip(SHOWN, arrays(path), strict=True)):
        units, length = values.shape[1], len(values)
        viewer.add_image(
            np.ascontiguousarray(values.T), name=name, colormap="viridis", translate=(row * (units + 8), 0)
        )
    height = len(SHOWN) * (units + 8)
    lines = viewer.add_vectors(np.array([[[0.0, 0.0], [height, 0.0]]]), edge_width=1)
    window = viewer.window._qt_window
    window.resize(*SIZE)
    window.show()
    hand = Hand(QApplication.instance(), Paints(window))
    hand.settle()
    width = viewer.window._qt_viewer.canvas.size[1]

    def go(cursor: int, start: int, stop: int) -> None:
        viewer.camera.zoom = width / (stop - start)  # a time axis of its own it has not: rows grow with columns
        viewer.camera.center = (height / 2, (start + stop) / 2)
        lines.data = np.array([[[0.0, cursor + 0.5], [height, 0.0]]])

    return scrubbed(hand, length, go)


def arrays(path: str, units: int | None = None) -> list[Any]:
    """The quantities, whole and in float32, (T, H) each."""
    import numpy as np

    import gruviz

    found = []
    with gruviz.open(path) as run:
        layer = run.layers["rnn.l0"]
        for name in SHOWN:
            values = np.empty((len(layer.tape), units or layer.size), np.float32)
            for start in range(0, len(values), PIECE):
                values[start : start + PIECE] = layer[name][start : start + PIECE][:, :units]
            found.append(values)
    return found


def scrubbed(hand: Any, timesteps: int, go: Callable[[int, int, int], None]) -> dict[str, object]:
    """The frames of the whole script, of which a first round is not counted."""
    from benchmarks.scrub import moves

    hand.settle()
    script = [lambda move=move: go(*move) for move in moves(timesteps)]
    hand.frames(script[: len(script) // 2], complete=True)
    began = time.perf_counter()
    times = hand.frames(script[len(script) // 2 :], complete=True)
    words = f"{times} ms in {time.perf_counter() - began:.0f} s"
    return {"p99": times.p99, "times": words}
