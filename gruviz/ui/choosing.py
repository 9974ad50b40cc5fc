"""Choosing what is on show of the open recordings: sequence, layer, checkpoint."""

from PySide6.QtCore import QObject, Signal, Slot

from gruviz.ui.panels import Context
from gruviz.ui.panes import Panes
from gruviz.view import showing, turn_together


class Choosing(QObject):
    """Turns the pane in focus to what is chosen in the toolbar; and, to another sequence, the others along with it."""

    wrong = Signal(str)
    """Why that cannot be shown."""

    def __init__(self, context: Context, panes: Panes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._panes = context, panes

    def show(self, layer: str, sequence: int, *, alike: bool = False) -> None:
        """Turn to a sequence in a layer, perhaps one that another checkpoint read as well."""
        facts, view = self._context.loader.facts, self._context.state.view
        assert facts is not None
        info, pane = facts.sequences_of(layer)[sequence], view.pane
        if self._panes.several and info.length != view.length:
            name = info.name or f"sequence {sequence}"
            self.wrong.emit(
                f"{name} in {layer} has {info.length:,} timesteps, what stands beside it {view.length:,}: choose "
                "another, or close the other recordings first"
            )
            return
        same = pane.layer in facts.layers and facts.layers[pane.layer].size == facts.layers[layer].size
        self._context.state.change(
            showing,
            info.length,
            alike=alike,
            recording=facts.path,
            tape=facts.layers[layer].tape,
            sequence=sequence,
            layer=layer,
            checkpoint=info.checkpoint,
            units=pane.units if same else (),
        )

    @property
    def offered(self) -> list[int]:
        """The sequences that there are to choose from: those of the checkpoint on show."""
        facts, pane = self._context.loader.facts, self._context.state.view.pane
        if facts is None or pane.layer not in facts.layers:
            return []
        return [info.index for info in facts.sequences_of(pane.layer) if info.checkpoint == pane.checkpoint]

    @Slot(int)
    def choose_offered(self, place: int) -> None:
        """Turn to one of those that are offered, by its place among them."""
        self.choose_sequence(self.offered[place])

    def step(self, places: int) -> None:
        """Go some places on among the sequences, or back; not beyond the last or the first."""
        offered, here = self.offered, self._context.state.view.pane.sequence
        if here in offered and 0 <= offered.index(here) + places < len(offered):
            self.choose_sequence(offered[offered.index(here) + places])

    @Slot(int)
    def choose_sequence(self, sequence: int) -> None:
        """Turn to another sequence of the tape."""
        facts, pane = self._context.loader.facts, self._context.state.view.pane
        if facts is None or pane.layer not in facts.layers:
            return
        sequences = facts.sequences_of(pane.layer)
        if not 0 <= sequence < len(sequences):
            return
        info = sequences[sequence]
        if info.length == 0:
            self.wrong.emit(f"{info.name or f'sequence {sequence}'} is empty: choose another")
        elif not self._panes.several:
            self.show(pane.layer, sequence)
        elif isinstance(panes := self._panes.followed(info), str):
            self.wrong.emit(panes)
        else:
            self._context.state.change(turn_together, info.length, tuple(panes))

    @Slot(int)
    def choose_layer(self, index: int) -> None:
        """Turn to another layer, by its place."""
        facts, pane = self._context.loader.facts, self._context.state.view.pane
        if facts is None:
            return
        layer = list(facts.layers)[index]
        sequences = facts.sequences_of(layer)
        sequence = pane.sequence
        if facts.layers[layer].tape != pane.tape:  # the same item of the same forward pass, where there is one
            here = facts.tapes[pane.tape].sequences[pane.sequence]
            twins = (s.index for s in sequences if (s.pass_, s.item) == (here.pass_, here.item) and s.length)
            sequence = next(twins, next((s.index for s in sequences if s.length), -1))
        if sequence < 0:
            self.wrong.emit(f"{layer} holds no timesteps: choose another layer")
            return
        self.show(layer, sequence)

    @Slot(int)
    def choose_checkpoint(self, checkpoint: int) -> None:
        """Turn to the same sequence as another training step read it: of the same name and item, or the same place."""
        facts, pane = self._context.loader.facts, self._context.state.view.pane
        if facts is None or pane.layer not in facts.layers:
            return
        sequences = facts.sequences_of(pane.layer)
        here = sequences[pane.sequence]
        there = [info for info in sequences if info.checkpoint == checkpoint and info.length]
        place = sum(info.checkpoint == here.checkpoint for info in sequences[: pane.sequence])
        alike = [info for info in there if (info.name, info.item) == (here.name, here.item)]
        self.show(pane.layer, (alike or there[place:] or there)[0].index, alike=bool(alike))
