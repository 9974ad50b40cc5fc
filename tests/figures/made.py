"""Recordings to draw: text or numbers, any cell, either direction, with states that change as a cell's do not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import AxesImage
from matplotlib.text import Text
from numpy.typing import NDArray

import gruviz.recording
from gruviz.cells import GRU, Cell
from gruviz.figures import Page
from gruviz.figures._page import style
from gruviz.recording import Block, GradientWriter, Recording, Writer

TEXT = (Path(__file__).parents[2] / "assets" / "data" / "sonnets.txt").read_text()
TEXT = TEXT[TEXT.index("From fairest") :]


Content = dict[str, NDArray[np.float32]]


def content(cell: Cell, steps: int, units: int, seed: int = 0) -> Content:
    """Every quantity of a cell, (steps, units), none like another."""
    rng = np.random.default_rng(seed)
    made = {}
    for quantity in cell.quantities:
        values = rng.normal(0, 3, (steps, units))
        made[quantity.name] = (1 / (1 + np.exp(-values)) if quantity.fraction else np.tanh(values)).astype(np.float32)
    return made


def initial(cell: Cell, units: int) -> Content:
    """A state to start from that is not zero."""
    return {state: np.linspace(-0.5, 0.5, units, dtype=np.float32) for state in cell.states}


def previous(state: NDArray[np.float32], start: NDArray[np.float32], backward: bool = False) -> NDArray[np.float32]:
    """The state before each timestep, in the order in which the layer reads."""
    return np.concatenate([state[1:], start[None]]) if backward else np.concatenate([start[None], state[:-1]])


def write(path: Path, cell: Cell, values: Content, *, residual: float = 0.0, **layer: str) -> Recording:
    """A recording with these numbers in it and no inputs, open."""
    units = values["hidden"].shape[1]
    start = initial(cell, units)
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("rnn.l0", tape="main", cell=cell, size=units, **layer)
        writer.begin("main", "s", initial={"rnn.l0": start})
        before = previous(values[cell.state], start[cell.state])
        writer.append("main", {"rnn.l0": Block(values, before)})
        writer.end("main", {"rnn.l0": residual})
    return gruviz.recording.open(path)


def make(
    path: Path,
    inputs: Sequence[str] | Sequence[NDArray[np.float32]] = (TEXT[:300],),
    units: int = 6,
    cell: Cell = GRU,
    *,
    backward: bool = False,
    columns: Sequence[str] = (),
    missing: NDArray[np.bool_] | None = None,
    names: Sequence[str] | None = None,
    symbols: Sequence[str] | None = None,
    rate: float | None = None,
) -> tuple[Recording, list[Content]]:
    """A recording with one layer `rnn.l0` that read `inputs`, open, and the numbers in it."""
    vocabulary = sorted({symbol for given in inputs if isinstance(given, str) for symbol in given})
    if symbols:
        vocabulary = list(symbols)
    made = [content(cell, len(given), units, seed=i) for i, given in enumerate(inputs)]
    with Writer(path) as writer:
        writer.add_tape("main", vocabulary=vocabulary or None, columns=columns, rate=rate, unit="s" if rate else None)
        direction = "backward" if backward else "forward"
        writer.add_layer("rnn.l0", tape="main", cell=cell, size=units, direction=direction)
        for number, (given, values) in enumerate(zip(inputs, made, strict=True)):
            start = initial(cell, units)
            writer.begin("main", names[number] if names else f"Sonnet {number}", initial={"rnn.l0": start})
            before = previous(values[cell.state], start[cell.state], backward)
            labels = None if missing is None else {"missing": missing.astype(np.uint8)}
            if isinstance(given, str):
                read = {"tokens": np.array([vocabulary.index(symbol) for symbol in given])}
            elif given.dtype.kind == "i":
                read = {"tokens": given}
            else:
                read = {"values": given}
            writer.append("main", {"rnn.l0": Block(values, before)}, labels=labels, **read)
            writer.end("main", {"rnn.l0": 1.2e-7})
    return gruviz.recording.open(path), made


def image(page: Page, quantity: str) -> AxesImage:
    """The heatmap of a quantity."""
    (found,) = (image for axes in page.axes for image in axes.images if image.get_gid() == f"heatmap-{quantity}")
    return found


def pixels(page: Page, quantity: str) -> NDArray[np.uint8]:
    return np.asarray(image(page, quantity).get_array())


def texts(page: Page) -> list[str]:
    """Everything that is written on a page."""
    return [text.get_text() for text in page.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def small_print(page: Page) -> str:
    """What is written below the figure, as one line."""
    lines = [text for text in page.texts if text.get_fontsize() == 6 * page.style.zoom]
    return " ".join(text.get_text() for text in sorted(lines, key=lambda text: -text.get_position()[1]))


def add_gradients(run: Recording, slope: float = 0.0) -> Recording:
    """The same with gradients in its first sequence: by `slope` powers of ten larger at each timestep, up to 1."""
    path, layer = run.path, run.layers["rnn.l0"]
    assert path is not None
    length, size = layer.tape.sequences[0].length, layer.size
    rng = np.random.default_rng(5)
    norms = -slope * np.arange(length - 1, -1, -1.0) + (0 if slope else rng.normal(0, 0.3, length))
    last = 0 if layer.backward else length - 1
    with run, GradientWriter(run) as writer:
        writer.of_loss("rnn.l0", 0, last, "cross entropy")
        writer.of_reached("rnn.l0", 0, last)
        found = {"norm_hidden": norms}
        for state in layer.cell.states:
            found[f"norm_{state}"] = norms if state == "hidden" else norms - 0.2
            found[f"reach_{state}"] = norms - norms[last]
            found[f"column_{state}"] = rng.random((length, size), np.float32)
            found[f"diagonal_{state}"] = found[f"column_{state}"] / 2
        writer.write("rnn.l0", 0, 0, found)
    return gruviz.recording.open(path)


def assert_legible(page: Page) -> None:
    """No text is cut off by the page's edge, none lies on another, and none is smaller than 6 points."""
    with style(page.style):
        canvas = FigureCanvasAgg(page)
        canvas.draw()
        written = [text for text in page.findobj(Text) if text.get_visible() and text.get_text().strip()]
        boxes = [(text, text.get_window_extent(canvas.get_renderer())) for text in written]
    for text, box in boxes:
        assert text.get_fontsize() >= 6 * page.style.zoom, text
        inside = page.bbox.x0 <= box.x0 and page.bbox.y0 <= box.y0 and box.x1 <= page.bbox.x1 and box.y1 <= page.bbox.y1
        assert inside, text
    for number, (text, box) in enumerate(boxes):
        for other, its in boxes[number + 1 :]:
            across = min(box.x1, its.x1) - max(box.x0, its.x0)
            down = min(box.y1, its.y1) - max(box.y0, its.y0)
            assert min(across, down) < 1.5 * page.style.zoom, (text, other)  # pixels at 150 dpi
