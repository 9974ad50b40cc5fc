"""Composition on paper: of what a state is made, the sequence shaded by weight, and the largest parts in a list."""

from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes

from gruviz import palette
from gruviz.errors import GruvizError
from gruviz.figures._columns import fit
from gruviz.figures._heatmap import paint
from gruviz.figures._input import input_panels
from gruviz.figures._made import Made, made_of
from gruviz.figures._page import FAINT, FOREGROUND, LABEL, NAME, SMALL, TICK, Page, shorten, style, text_width
from gruviz.figures._paragraph import GUTTER, LINE, Paragraph
from gruviz.figures._sheet import LEFT, MARGIN, Panel, Sheet, hold_within, number, ticks
from gruviz.figures._sheet import units as units_of
from gruviz.figures._style import table
from gruviz.figures._subject import Subject, subject, without_choice
from gruviz.figures._text import visible
from gruviz.figures._wanted import Wanted
from gruviz.recording import Layer, Recording
from gruviz.view import View

_LISTED = 8
_ENOUGH = 0.999
"""The share of all weight that is shown where no range is given."""
_LEAST, _MOST, _WORDS = 80, 1000, 200
"""Timesteps that are shown then: at least, at most, and at most of words."""
_PER_INCH = 150
# Millimetres.
_TALLEST = 180.0
_HEAD, _ROW, _WEIGHTS = 6.0, 3.7, 14.0
_BESIDE, _LIST = 150.0, 76.0
"""The width from which on the list stands beside the text, and its own."""
_BAR, _BAR_HEIGHT = 18.0, 2.2
_NUMBER = 10.0


def composition(run: Recording, view: View | None = None, *, at: int | None = None, **wanted: Unpack[Wanted]) -> Page:
    """Draw of what the state at a timestep is made: each timestep by its weight, and what the largest contribute.

    The weight of timestep j in the state at t is (1 - k_j) k_(j+1) ... k_t, for an LSTM i_j f_(j+1) ... f_t; times its
    candidate it is what it contributes. A text is shaded by it; below the curve of numbers it stands as a line.

    Args:
        run: an open recording.
        view: what is being looked at.
        at: the timestep t; without it the cursor of the view, or else the last of the range that the layer reads.
        wanted: as in `Wanted`; means over the `units`, and without, those whose state is taken apart in the view, or
            else all. Without a range and a view, as much as holds 99.9 % of the weight. There are no `quantities`.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: the recording has no such layer, sequence, range, unit or timestep, its cell has no keep, or there
            is more text than a page holds.
    """
    if wanted.get("units") is None and view is not None:
        whose = {"all": None, "selected": view.pane.units or None, "last": view.pane.units[-1:] or None}[view.whose]
        wanted = {**wanted, "units": whose}
    without_choice(wanted, "composition")
    shown = subject(run, view, wanted)
    layer, length = shown.layer, shown.sequence.length
    if layer.cell.keep is None:
        raise GruvizError(f"{layer.name} is a plain {layer.cell.title}: it has no keep, so each state is written anew")
    same = view is not None and view.pane.sequence == shown.sequence.index and view.length > 0
    if at is None:
        at = view.cursor if view is not None and same else shown.start if layer.backward else shown.stop - 1
    if not 0 <= at < length:
        raise GruvizError(f"there is no timestep {at} in a sequence of {length:,}: choose one that is")
    made = made_of(shown, at)
    start, stop = (max(shown.start, at), shown.stop) if layer.backward else (shown.start, min(shown.stop, at + 1))
    if start >= stop:
        raise GruvizError(f"the state at {at} holds nothing of the range {shown.start}:{shown.stop}: choose another")
    if view is None and wanted.get("start") is None and wanted.get("stop") is None:
        start, stop = _enough(made, layer, at, length)
    with style(shown.style):
        return _Composition(replace(shown, start=start, stop=stop), made, at).page()


def _enough(made: Made, layer: Layer, at: int, length: int) -> tuple[int, int]:
    """The range that holds nearly all of the weight."""
    newest = made.weights if layer.backward else made.weights[::-1]
    count = int(np.searchsorted(np.cumsum(newest), _ENOUGH * float(newest.sum()))) + 1
    vocabulary = layer.tape.vocabulary
    most = _WORDS if vocabulary and any(len(symbol) > 1 for symbol in vocabulary) else _MOST
    count = int(np.clip(count, _LEAST, most))
    return (at, min(at + count, length)) if layer.backward else (max(at + 1 - count, 0), at + 1)


class _Composition(Sheet):
    """The sequence, and the list below it or at its side."""

    name = "composition"
    title = "Composition"
    timed = False
    classed = False
    direct = True

    def __init__(self, shown: Subject, made: Made, at: int) -> None:
        self.symbols = shown.layer.tape.symbols(_rows(shown))
        self.beside = shown.width >= _BESIDE and self.symbols is not None
        right = _LIST + 4.0 if self.beside else 9.5 if self.symbols is None else MARGIN
        left = LEFT if self.symbols is None else GUTTER
        columns = fit(shown.layer, shown.start, shown.stop, int((shown.width - left - right) / 25.4 * _PER_INCH))
        super().__init__(shown, (), columns, right, left)
        self.made, self.at = made, at
        self.text = None if self.symbols is None else Paragraph(self.symbols, self.plot)
        if self.text is not None and self.text.height > _TALLEST:
            most = int(_TALLEST / LINE)
            raise GruvizError(
                f"this text takes {len(self.text):,} lines, and a page has room for {most}: choose a shorter range"
            )
        count = min(_LISTED, len(made.weights))
        largest = np.argsort(-made.weights, kind="stable")[:count]
        self.listed = largest[made.weights[largest] > 0]

    def options(self) -> dict[str, Any]:
        """The timestep."""
        return {"at": self.at}

    def panels(self) -> list[Panel]:
        """The text with the list, or the curve, the line of weights, the list."""
        rows = (len(self.listed) + 2) * _ROW + 1.0
        if self.text is None:
            weights = Panel(_WEIGHTS, 2.0, self._draw_weights)
            return [*input_panels(self), weights, Panel(rows, 10.0, self._draw_list)]
        block = _HEAD + self.text.height
        if self.beside:
            return [Panel(max(block, rows), 0.0, self._draw_both)]
        return [Panel(block, 0.0, self._draw_text), Panel(rows, 2.5, self._draw_list)]

    def remarks(self) -> list[str]:
        """What the shades are, and what they add up to."""
        made, layer, shown = self.made, self.shown.layer, self.shown
        k, h = layer.cell[str(layer.cell.keep)].symbol, layer.cell[layer.cell.state].symbol
        write = f"(1 − {k}_j)" if layer.cell.write is None else f"{layer.cell[layer.cell.write].symbol}_j"
        product = f"{k}_(j−1) ⋯ {k}_t" if layer.backward else f"{k}_(j+1) ⋯ {k}_t"
        one = len(shown.units) == 1
        told = [
            f"weight of timestep j in {h} at t = {self.at:,}: {write} {product}"
            + ("" if one else f", mean over {units_of(len(shown.units))}")
            + " (shades by its square root)" * (self.text is not None)
        ]
        told.append(f"contribution: weight × candidate{'' if one else ', mean of its size'}")
        outside = float(made.weights.sum()) - float(made.of(shown.start, shown.stop).sum())
        if outside > 5e-4:
            told.append(f"{number(outside)} of the weight lies outside this range")
        if made.added:
            told.append(f"{number(made.added)} was added to the state between steps")
        told.append(f"{h} = {number(made.state)}" if one else f"mean |{h}| = {number(made.state)}")
        step = f"1 column = {self.columns.factor:,} steps (sum)"
        return told + [step] * (self.text is None and self.columns.factor > 1)

    def _draw_both(self, page: Page, axes: Axes, top: float) -> None:
        self._draw_text(page, page.panel(self.left, top, self.plot, _HEAD + self._lines.height), top)
        self._draw_list(page, axes, top)

    @property
    def _lines(self) -> Paragraph:
        assert self.text is not None
        return self.text

    def _draw_text(self, page: Page, axes: Axes, top: float) -> None:
        weights = self.made.of(self.shown.start, self.shown.stop)
        about = f"weight in the state at timestep {self.at}"
        page.hold("weight", weights, about, timestep=np.arange(self.shown.start, self.shown.stop))
        colours = paint(np.sqrt(weights), table("kept"), 0.0, 1.0)
        text = self._lines
        text.draw(axes, colours, self.shown.start, _HEAD, _HEAD + text.height, "composition")
        left = self.left
        titles = (f"weight in the state at t = {self.at:,}", f"weight at t = {self.at:,}")
        room = self.plot - _BAR - 8.0
        title = next((each for each in titles if text_width(each, LABEL) + 4.0 <= room), titles[-1])
        page.write(left, top + 0.4, title, LABEL)
        left = max(left + text_width(title, LABEL) + 4.0, self.left + room)
        page.write(left, top + 0.8, "0", SMALL, colour=FAINT)
        bar = page.panel(left + 2.4, top + 0.7, _BAR, _BAR_HEIGHT)
        bar.imshow(table("kept")[None], aspect="auto", interpolation="none")
        bar.set_axis_off()
        page.write(left + 3.4 + _BAR, top + 0.8, "1", SMALL, colour=FAINT)

    def _draw_weights(self, page: Page, axes: Axes, top: float) -> None:
        shown, edges = self.shown, self.columns.edges
        weights = np.add.reduceat(self.made.of(shown.start, shown.stop), edges[:-1] - shown.start)
        page.hold("weight", weights, f"weight in the state at timestep {self.at}", timestep=edges[:-1])
        axes.stairs(weights, edges - 0.5, fill=True, color=palette.RETAINED, linewidth=0).set_gid("weights")
        most = max(float(weights.max()), 1e-6)
        axes.set_ylim(0, most * 1.05)
        axes.set_yticks([0, most], ["0", number(most)])
        axes.set_xlim(shown.start - 0.5, shown.stop - 0.5)
        ticks(axes)
        hold_within(axes)
        self._time_axis(axes)
        page.write(MARGIN, top + 3.4, "weight", NAME)
        page.write(MARGIN, top + 6.4, f"at t = {self.at:,}", NAME)

    def _draw_list(self, page: Page, axes: Axes, top: float) -> None:
        """The largest weights with what they contribute, and all that is older."""
        axes.set_axis_off()
        made = self.made
        about = f"what the largest weights contribute to the state at timestep {self.at}"
        page.hold("contribution", made.contributions[self.listed], about, timestep=made.start + self.listed)
        older = np.array([made.left, made.held])
        page.hold("older", older, "of all that is older", part=np.array(["weight", "contribution"]))
        left = self.width - MARGIN - _LIST if self.beside else MARGIN
        room = self.width - MARGIN - left
        part = (room - 23.0) / 2
        weight, contribution = left + 23.0, left + 23.0 + part

        def write(x: float, row: int, text: str, align: str = "left", colour: str = FOREGROUND) -> None:
            y = 1 - (top + (row + 0.75) * _ROW) / page.height
            page.text(x / page.width, y, text, size=TICK, ha=align, color=colour, parse_math=False)

        rows = [
            (f"{made.start + int(i):,}", self._read(int(i)), float(made.weights[i]), float(made.contributions[i]))
            for i in self.listed
        ]
        heads = ((left, "t"), (left + 10.0, "read"), (weight, "weight"), (contribution, "contribution"))
        for x, words in heads:
            if words != "read" or any(row[1] for row in rows):
                write(x, 0, words, colour=FAINT)
        rows.append(("initial state" if made.whole else "older", "", made.left, made.held))
        widest = max(max(row[2] for row in rows), 1e-6)
        largest = max(max(abs(row[3]) for row in rows), 1e-6)
        bars = page.panel(weight, top + _ROW, part - _NUMBER - 3.0, len(rows) * _ROW)
        signed = page.panel(contribution, top + _ROW, part - _NUMBER, len(rows) * _ROW)
        negative = any(row[3] < 0 for row in rows)
        for panel, low, high in ((bars, 0.0, widest), (signed, -largest if negative else 0.0, largest)):
            panel.set_axis_off()
            panel.set_xlim(low, high)
            panel.set_ylim(len(rows), 0)
        signed.axvline(0, color=FAINT, linewidth=0.4)
        places = np.arange(len(rows)) + 0.45
        bars.barh(places, [row[2] for row in rows], 0.6, color=palette.RETAINED, gid="weight")
        colours = [palette.table("around-zero")[220 if row[3] >= 0 else 35] / 255 for row in rows]
        signed.barh(places, [row[3] for row in rows], 0.6, color=colours, gid="contribution")
        for place, (when, words, share, value) in enumerate(rows, 1):
            write(left, place, when)
            write(left + 10.0, place, shorten(words, TICK, 12.0) if words else "")
            write(contribution - 3.0, place, _decimals(share), "right")
            write(left + room, place, _decimals(value), "right")

    def _read(self, place: int) -> str:
        """What was read there."""
        tape, row = self.shown.layer.tape, self.shown.sequence.offset + self.made.start + place
        symbols, values = tape.symbols(slice(row, row + 1)), tape.values(slice(row, row + 1))
        if symbols is not None:
            return {" ": "space", "": "empty"}.get(symbols[0]) or visible(symbols[0])
        return number(float(values[0, 0])) if values is not None and values.shape[1] == 1 else ""


def _decimals(value: float) -> str:
    """Three of them, so that the numbers of a column can be added up."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def _rows(shown: Subject) -> slice:
    first = shown.sequence.offset
    return slice(first + shown.start, first + min(shown.stop, shown.start + 2**16))
