"""Which panels stand on the stage, from top to bottom."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PySide6.QtWidgets import QGraphicsScene

from gruviz.analysis import SURVIVAL, derived
from gruviz.ui.panels import (
    KINDS,
    Context,
    CountsPanel,
    CurvesPanel,
    DerivedPanel,
    GradientPanel,
    HeatmapPanel,
    NoCountsPanel,
    OverviewPanel,
    Panel,
    SurvivalPanel,
    TextPanel,
    TimeAxisPanel,
    TimelinesPanel,
)
from gruviz.ui.panels.difference import DifferencePanel, corresponding
from gruviz.ui.panels.overlay import OverlayPanel
from gruviz.ui.panels.pane import HeadingPanel, PaneContext


class Rows:
    """Puts the panels there that belong there, and keeps those that stand there already.

    What all panes have in common stands there once, about the pane in focus: the whole sequence, what was read, the
    time axis.
    """

    def __init__(
        self,
        shared: Context,
        panes: Sequence[PaneContext],
        close: Callable[[int], object],
        scene: QGraphicsScene,
    ) -> None:
        """Begin without any.

        Args:
            shared: what panels that stand there once work with.
            panes: the same for the panels of each pane; a list that others change.
            close: closes a pane, by its place.
            scene: where the panels stand.
        """
        self._shared, self._panes, self._close, self._scene = shared, panes, close, scene
        self.panels: list[Panel] = []
        """From top to bottom."""
        self._shown: dict[Context, tuple[Any, int]] = {}
        """Which layer of which recording panels show, and which of its sequences."""
        self._fellows: dict[str, list[GradientPanel]] = {kind.name: [] for kind in KINDS}
        """By kind, the gradients of all panes."""

    @property
    def known(self) -> bool:
        """Whether there is something to show."""
        return bool(self._shared.state.view.length) and all(
            context.loader.facts is not None and context.state.view.pane.layer in context.loader.facts.layers
            for context in self._panes
        )

    def turn(self) -> bool:
        """Another recording, layer or sequence, or other panels; whether other panels stand there now."""
        contexts = [self._shared, *self._panes]
        before = list(self.panels)
        for panel in before:
            context = panel.context
            now = _shown(context) if context in contexts else None
            then = self._shown.get(context)
            if now is None or then is None or now[0] != then[0]:
                panel.remove()
                self.panels.remove(panel)
            elif now != then and not context.reread:  # else what is on show stays until the answers come
                panel.clear()
        self._shown = {context: _shown(context) for context in contexts}
        standing = {(panel.context, panel.key): panel for panel in self.panels}
        self.panels = []
        for context, key, kind, arguments in self._wanted():
            found = standing.pop((context, key), None)
            panel = found or kind(context, self._scene, *arguments)
            panel.key = key
            self.panels.append(panel)
        for gone in standing.values():
            gone.remove()
        return self.panels != before

    def _wanted(self) -> Iterator[tuple[Context, str, Any, tuple[Any, ...]]]:
        """Of each panel, its context, its key, its kind, and what it is made of beside these."""
        shared, several = self._shared, len(self._panes) > 1
        assert shared.loader.facts is not None
        tape = shared.loader.facts.tapes[shared.layer.tape]
        yield shared, "OverviewPanel", OverviewPanel, ()
        if tape.text:
            yield shared, "TextPanel", TextPanel, ()
        if tape.columns:
            yield shared, "CurvesPanel", CurvesPanel, (tape.columns,)
        for context in self._panes:
            if several:
                yield context, "HeadingPanel", HeadingPanel, (self._panes, self._close)
            yield from self._heatmaps(context)
            if not several:
                kind = CountsPanel if context.layer.cell.keep else NoCountsPanel
                yield context, kind.__name__, kind, ()
            yield context, "TimelinesPanel", TimelinesPanel, ()
        if several and any(context.layer.cell.keep for context in self._panes):
            sizes = " ".join(f"{context.letter}{context.layer.lasting}" for context in self._panes)
            yield shared, f"OverlayPanel {sizes}", OverlayPanel, (list(self._panes),)
        yield shared, "TimeAxisPanel", TimeAxisPanel, ()

    def _heatmaps(self, context: PaneContext) -> Iterator[tuple[Context, str, Any, tuple[Any, ...]]]:
        view, cell, first = context.state.view, context.layer.cell, self._panes[0]
        for quantity in cell.quantities:
            if quantity.name not in view.hidden:
                yield context, quantity.name, HeatmapPanel, (quantity,)
        for quantity in derived(cell):
            if quantity.name in view.derived:
                yield context, quantity.name, SurvivalPanel if quantity.name == SURVIVAL else DerivedPanel, (quantity,)
        for kind in KINDS:
            if kind.name in view.derived:
                yield context, kind.name, GradientPanel, (kind, self._fellows[kind.name])
        if context is not first and corresponding(first, context):
            for quantity in cell.quantities:
                if quantity.name in view.differences:
                    yield context, f"difference {quantity.name}", DifferencePanel, (quantity, self._panes)


def _shown(context: Context) -> tuple[Any, int]:
    facts, pane = context.loader.facts, context.state.view.pane
    assert facts is not None
    return (facts.uuid or pane.recording, facts.layers[pane.layer].lasting), pane.sequence
