"""Several kinds of cells side by side, on paper: learning curves, results, time, and how a loss runs back."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gruviz import palette
from gruviz.cells import CELLS
from gruviz.comparison import Comparison, Curve
from gruviz.comparison_table import caption, number
from gruviz.errors import GruvizError
from gruviz.figures._page import FAINT, LABEL, SMALL, TICK, Page, Provenance, text_width, wrap
from gruviz.figures._sheet import MARGIN, ticks
from gruviz.figures._style import Style
from gruviz.figures._style import style as drawing

_BESIDE = 130.0
"""Millimetres of width from which on panels stand beside each other."""
_HEIGHT, _TITLE, _FOOT, _GAP, _KEY = 36.0, 4.2, 7.5, 2.5, 4.6
_LEFT, _RIGHT = 11.0, 2.5
_DECADES = 1.2
"""A curve that spans more of them is drawn on a logarithmic scale."""
_DASHES: dict[str, str | tuple[float, tuple[float, ...]]] = {"rnn": (0, (1, 1)), "gru": "-", "lstm": (0, (4, 1.2))}

_NEAR = 1.0
"""How far the baseline may lie beyond the results, in their spread, to be drawn among them."""

Draw = Callable[[Axes], None]


def comparison(
    found: Comparison,
    *,
    style: Style | str | Mapping[str, Any] = "double",
    width: float | None = None,
    folder: str | Path = "FOLDER",
) -> Page:
    """Draw what came of a comparison.

    The loss on training data and the metric on held-out data over training steps, means with the lowest and the highest
    of the runs; the metric at the end, a mark a run; the time of a training step, with quartiles; and the norm of
    dL/dh_(t-j) over j, L being the loss at one timestep t, trained and as initialised. What is not known is left out.

    Args:
        found: a comparison with a run of one cell at least.
        style: as in `Wanted`.
        width: in millimetres, instead of that of the style.
        folder: the comparison's, for the command that draws it again.

    Returns:
        A matplotlib figure, with its provenance in `.provenance`.

    Raises:
        GruvizError: nothing is finished yet, or the width makes no sense.
    """
    chosen = Style.of(style, width)
    if not any(found.results(model.cell) for model in found.models):
        raise GruvizError("no training of this comparison is finished, so there is nothing to draw: go on with it")
    with drawing(chosen):
        return _Comparison(found, chosen, Path(folder)).page()


class _Comparison:
    """Panels in two columns, or in one where the page is narrow."""

    def __init__(self, found: Comparison, chosen: Style, folder: Path) -> None:
        self.found, self.style, self.folder = found, chosen, folder
        self.width = chosen.layout
        self.cells = [model.cell for model in found.models]

    def page(self) -> Page:
        """Draw it."""
        columns = 2 if self.width >= _BESIDE else 1
        panels = self._panels()
        rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
        small = wrap(" ".join([*caption(self.found), *self._remarks()]), SMALL, self.width - 2 * MARGIN)
        line = SMALL * 1.35 / 72 * 25.4
        each = _TITLE + _HEIGHT + _FOOT
        bottom = MARGIN + _KEY + len(rows) * each + (len(rows) - 1) * _GAP + 1.5
        page = Page(self.width, bottom + len(small) * line + MARGIN, self._provenance(small), self.style)
        self._key(page)
        column = (self.width - 2 * MARGIN) / columns
        for row, shown in enumerate(rows):
            top = MARGIN + _KEY + row * (each + _GAP)
            for place, (title, draw) in enumerate(shown):
                left = MARGIN + place * column
                page.write(left, top, title, LABEL)
                draw(page.panel(left + _LEFT, top + _TITLE, column - _LEFT - _RIGHT, _HEIGHT))
        for index, text in enumerate(small):
            page.write(MARGIN, bottom + index * line, text, SMALL, colour=FAINT)
        self._hold(page)
        page.finish()
        return page

    def _panels(self) -> list[tuple[str, Draw]]:
        found = self.found
        panels: list[tuple[str, Draw]] = [
            ("Loss on training data", lambda axes: self._curves(axes, found.losses)),
            (f"{_title(found.metric)} on held-out data", lambda axes: self._curves(axes, found.held_out, judged=True)),
            (f"{_title(found.metric)} at the end, a mark a run", self._results),
            ("Time of a training step, in ms", self._times),
        ]
        if found.gradients:
            panels.append(("How the loss at one timestep runs back: log10 of |dL/dh|", self._backward))
        if any(each.memory for each in found.gradients):
            panels.append(("The same of the cell state of the LSTM, beside its h", self._memory))
        return panels

    def _remarks(self) -> list[str]:
        """What the small print says of the gradients."""
        first = next(iter(self.found.gradients), None)
        if first is None:
            return []
        seed = min(each.seed for each in self.found.recordings)
        many = "1 held-out sequence" if first.sequences == 1 else f"means over {first.sequences} held-out sequences"
        return [f"|dL/dh|: of the loss at the last timestep that has one, {many}, seed {seed}."]

    def _key(self, page: Page) -> None:
        """Which line is which, with its size."""
        axes = page.panel(MARGIN, MARGIN, self.width - 2 * MARGIN, _KEY)
        axes.set_axis_off()
        axes.set_xlim(0, self.width - 2 * MARGIN)
        axes.set_ylim(_KEY, 0)
        x = 0.5
        short = self.width < _BESIDE
        for model in self.found.models:
            said = CELLS[model.cell].title
            said += f" {model.hidden:,}" if short else f", {model.hidden:,} units, {model.parameters:,} parameters"
            axes.plot([x, x + 7], [1.6, 1.6], **self._line(model.cell))
            axes.text(x + 8, 1.6, said, size=TICK, va="center", parse_math=False)
            x += 8 + text_width(said, TICK) + 4

    @staticmethod
    def _line(cell: str) -> dict[str, Any]:
        return {"color": palette.CELLS[cell], "linestyle": _DASHES[cell], "linewidth": 1.1}

    def _curves(self, axes: Axes, curve: Callable[[str], Curve | None], judged: bool = False) -> None:
        """Means over runs, in a band from the lowest to the highest."""
        known = {cell: line for cell in self.cells if (line := curve(cell)) is not None and len(line.step)}
        values = [np.concatenate([line.low, line.high]) for line in known.values()]
        if judged:
            values.append(np.array([self.found.baseline]))
        _scale(axes, np.concatenate(values))
        for cell, line in known.items():
            axes.fill_between(line.step, line.low, line.high, color=palette.CELLS[cell], alpha=0.2, linewidth=0)
            mark: dict[str, Any] = {"marker": "o", "markersize": 2.0} if judged else {}
            axes.plot(line.step, line.mean, **self._line(cell), **mark, gid=f"{'judged' if judged else 'loss'} {cell}")
        if judged:
            self._baseline(axes, horizontal=True)
        axes.set_xlim(0, self.found.asked.steps)
        axes.set_xlabel("training step", size=TICK, labelpad=0.5)
        _numbers(axes, "x", "y")

    def _baseline(self, axes: Axes, horizontal: bool) -> None:
        """What a plain guess has."""
        found = self.found
        draw = axes.axhline if horizontal else axes.axvline
        draw(found.baseline, color=FAINT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0, gid="baseline")
        if horizontal:
            high = axes.get_ylim()[1]
            over = axes.transData.transform((0, found.baseline))[1] < axes.transData.transform((0, high))[1] - 14
            axes.annotate(
                f"{found.baseline_name}: {number(found.baseline)}",
                (0.99, found.baseline),
                xycoords=("axes fraction", "data"),
                xytext=(0, 1.5 if over else -1.5),
                textcoords="offset points",
                ha="right",
                va="bottom" if over else "top",
                size=SMALL,
                color=FAINT,
                parse_math=False,
            )

    def _results(self, axes: Axes) -> None:
        """A mark for each run, a bar for the mean."""
        known = {cell: results for cell in self.cells if (results := self.found.results(cell))}
        values = np.array([value for results in known.values() for value in results])
        low, high, baseline = float(values.min()), float(values.max()), self.found.baseline
        near = low - _NEAR * (high - low) <= baseline <= high + _NEAR * (high - low)
        if near:
            values = np.append(values, baseline)
        self._rows(axes)
        _scale(axes, values, across=True)
        for place, cell in enumerate(self.cells):
            results = known.get(cell, [])
            spots = place + np.linspace(-0.22, 0.22, len(results)) if len(results) > 1 else np.array([float(place)])
            axes.plot(
                results, spots[: len(results)], "o", color=palette.CELLS[cell], markersize=3.6, gid=f"result {cell}"
            )
            if results:
                mean = sum(results) / len(results)
                axes.plot([mean, mean], [place - 0.38, place + 0.38], color=palette.CELLS[cell], linewidth=1.2)
        if near:
            self._baseline(axes, horizontal=False)
        _numbers(axes, "x")
        better = "higher is better" if self.found.higher_is_better else "lower is better"
        plain = f"dashed: {self.found.baseline_name}" if near else f"{self.found.baseline_name}: {number(baseline)}"
        said = f"{self.found.metric}, {better}; {plain}"
        axes.set_xlabel(said, size=TICK, labelpad=0.5, parse_math=False)

    def _times(self, axes: Axes) -> None:
        """Medians, with quartiles."""
        self._rows(axes)
        for place, model in enumerate(self.found.models):
            low, middle, high = (1e3 * each for each in model.step)
            axes.barh(place, middle, height=0.56, color=palette.CELLS[model.cell], alpha=0.55, gid=f"step {model.cell}")
            axes.plot([low, high], [place, place], color=palette.CELLS[model.cell], linewidth=1.6)
        most = max(1e3 * model.step[2] for model in self.found.models)
        axes.set_xlim(0, most * 1.04)
        for place, model in enumerate(self.found.models):
            axes.text(
                most * 0.02, place + 0.33, f"{number(1e3 * model.step[1])} ms, {model.kernel}", size=SMALL, va="top"
            )
        axes.set_ylim(len(self.cells) - 0.2, -0.6)
        _numbers(axes, "x")
        axes.set_xlabel("ms, the median; the line: quartiles", size=TICK, labelpad=0.5)

    def _rows(self, axes: Axes) -> None:
        """A row for each cell."""
        axes.set_ylim(len(self.cells) - 0.4, -0.6)
        axes.set_yticks(range(len(self.cells)), [CELLS[cell].title for cell in self.cells])
        ticks(axes)

    def _backward(self, axes: Axes) -> None:
        lines = []
        for cell in self.cells:
            for trained in (True, False):
                if back := self.found.backward(cell, trained):
                    line = self._line(cell) if trained else self._line(cell) | {"linewidth": 0.6, "alpha": 0.75}
                    lines.append((back.hidden, line, f"{'trained' if trained else 'initialised'} {cell}"))
        self._lags(axes, lines, "timesteps back; thin: as initialised")

    def _memory(self, axes: Axes) -> None:
        lines = []
        for trained in (True, False):
            back = next((each for each in self.found.gradients if each.memory and each.trained == trained), None)
            if back is not None:
                thin: dict[str, Any] = {} if trained else {"linewidth": 0.6, "alpha": 0.75}
                word = "trained" if trained else "initialised"
                lines.append((back.hidden, self._line(back.cell) | thin, f"h {word}"))
                lines.append((back.memory, self._line(back.cell) | {"linestyle": "-"} | thin, f"c {word}"))
        self._lags(axes, lines, "timesteps back; solid: c, dashed: h; thin: as initialised")

    def _lags(self, axes: Axes, lines: Sequence[tuple[Sequence[float], dict[str, Any], str]], about: str) -> None:
        """Logarithms of norms over the timesteps back from the loss; the past is at the left."""
        for values, line, name in lines:
            known = np.array(values)
            axes.plot(-np.arange(len(known)), known, **line, gid=name)
        axes.margins(x=0)
        axes.set_xlabel(about, size=TICK, labelpad=0.5)
        _numbers(axes, "x", "y", signed="y")

    def _hold(self, page: Page) -> None:
        """Hand over what is drawn."""
        found = self.found
        for cell in self.cells:
            for name, curve in (("loss", found.losses(cell)), ("judged", found.held_out(cell))):
                if curve is not None and len(curve.step):
                    values = np.stack([curve.low, curve.mean, curve.high], axis=1)
                    about = "loss on training data" if name == "loss" else f"{found.metric} on held-out data"
                    page.hold(f"{name} {cell}", values, about, step=curve.step, of=np.array(["low", "mean", "high"]))
            results = np.array(found.results(cell))
            page.hold(f"result {cell}", results, f"{found.metric} at the end", run=np.arange(len(results)))
            for trained in (True, False):
                if back := found.backward(cell, trained):
                    name = f"{'trained' if trained else 'initialised'} {cell}"
                    for state, lags in (("hidden", back.hidden), ("memory", back.memory)):
                        norms = np.array(lags)
                        page.hold(f"{name} {state}", norms, "log10 of the norm", back=np.arange(len(norms)))
        times = np.array([model.step for model in found.models])
        cells = np.array([model.cell for model in found.models])
        page.hold("step", times, "seconds that a training step takes", cell=cells, quartile=np.array([1, 2, 3]))

    def _provenance(self, said: list[str]) -> Provenance:
        found, asked = self.found, self.found.asked
        facts = {
            "comparison": self.folder.name,
            "digest": f"sha256:{sha256(json.dumps(asdict(found), sort_keys=True).encode()).hexdigest()}",
            "made by": " ".join(found.command),
            "task": " ".join(f"{name}={value}" for name, value in asked.task.items()),
            "equal": asked.equal,
            "steps": f"{asked.steps}",
            "runs": f"{len(found.runs)}",
            "machine": found.machine,
            "gruviz": version("gruviz"),
        }
        cells = ", ".join(CELLS[cell].title for cell in self.cells)
        title, options = f"{cells} on {asked.task['name']}", {"style": self.style.plain()}
        return Provenance("comparison", title, self.folder.name, self.folder, facts, options, " ".join(said))


def _numbers(axes: Axes, *which: str, signed: str = "xy") -> None:
    """A few round numbers within the ends of an axis; those at its ends stay within its length."""
    for name in which:
        axis, ends = (axes.xaxis, axes.get_xlim()) if name == "x" else (axes.yaxis, axes.get_ylim())
        low, high = min(ends), max(ends)
        if axis.get_scale() == "linear":
            places = [
                place for place in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= place <= high
            ]
            axis.set_ticks(places, [_number(place if name in signed else abs(place)) for place in places])
            low, high = low + 0.03 * (high - low), high - 0.03 * (high - low)
        else:
            low, high = low * (high / low) ** 0.03, high * (low / high) ** 0.03
        labels = axis.get_ticklabels()
        if len(labels) > 1 and labels[0].get_position()[name == "y"] < low:
            labels[0].set(**{"ha": "left"} if name == "x" else {"va": "bottom"})
        if len(labels) > 1 and labels[-1].get_position()[name == "y"] > high:
            labels[-1].set(**{"ha": "right"} if name == "x" else {"va": "top"})
    ticks(axes)


def _number(value: float) -> str:
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace("-", "−")


def _title(text: str) -> str:
    return text[0].upper() + text[1:]


def _scale(axes: Axes, values: NDArray[np.float64], across: bool = False) -> None:
    """Ends a little beyond what there is; a logarithmic scale where it spans much."""
    low, high = float(values.min()), float(values.max())
    if low > 0 and math.log10(high / low) > _DECADES:
        (axes.set_xscale if across else axes.set_yscale)("log")
        beyond = (high / low) ** 0.05
        ends = (low / beyond, high * beyond)
        marks = list(_marks(*ends))
        (axes.set_xticks if across else axes.set_yticks)(marks, [f"{mark:g}" for mark in marks])
        axes.minorticks_off()
    else:
        margin = 0.06 * (high - low) or abs(high) or 1.0
        ends = (low - margin, high + margin)
    (axes.set_xlim if across else axes.set_ylim)(*ends)


def _marks(low: float, high: float) -> Iterable[float]:
    """Powers of ten within, with 2 and 5 of each where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if len(powers) > 4 else (1, 3)
    return (step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high)
