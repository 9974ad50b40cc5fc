"""What a recording holds, as plain values that any thread may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gruviz.cells import Cell, Thresholds
from gruviz.errors import GruvizError
from gruviz.recording import Layer, LayerWeights, Recording, SequenceInfo, Tape, being_written, lacking, scrubbed
from gruviz.recording.schema import NO_CHECKPOINT
from gruviz.sequences import Reading


@dataclass(frozen=True)
class TapeFacts:
    """A tape."""

    name: str
    sequences: tuple[SequenceInfo, ...]
    text: bool
    """Its input is tokens."""
    columns: tuple[str, ...]
    """The names of the columns of its numeric input."""
    outputs: tuple[str, ...]
    """What is stored of the model's outputs."""
    rate: float | None
    unit: str | None
    scrubbed: bool
    """Several training steps read the same sequence."""


@dataclass(frozen=True)
class LayerFacts:
    """A layer, in one direction."""

    name: str
    tape: str
    cell: Cell
    size: int
    backward: bool
    convention: str
    reset: str
    """Of a GRU: whether the reset gate acts `after` the product with W_hn, or `before` it."""
    dtype: str
    backend: str
    ended: int
    """How many of its sequences have ended; the residual of one that has not is not known."""
    residual: float
    trusted: bool
    thresholds: Thresholds | None
    """Those its stored counts were counted at."""
    weighted: bool = False
    """Whether the recording holds its recurrent weights."""
    measured: bool = False
    """Whether it holds gradients of its."""

    @property
    def lasting(self) -> "LayerFacts":
        """What stays as it is while a recording grows."""
        return replace(self, ended=0, residual=0.0, trusted=True, thresholds=None, measured=False)


@dataclass(frozen=True)
class Facts:
    """A recording."""

    path: str
    name: str
    uuid: str
    complete: bool
    growing: bool
    """Somebody is writing it."""
    lacking: bool
    """It has long sequences without the levels or the counts from which they are drawn."""
    tapes: Mapping[str, TapeFacts]
    layers: Mapping[str, LayerFacts]
    model: str
    """The name of the model's file, without its folder; empty where that is not known."""
    weights: str
    """The SHA-256 of the model's weights; empty for a recording of several training steps."""
    how: Reading = field(default_factory=Reading)
    """How the files were read that the model was recorded on."""
    proof: str = ""
    """Whether a model from another program's file was held against reference outputs; empty for others."""
    module: str = ""
    """Which of the recurrent modules of the model's file it is; empty for the only one."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the user said of the model that its file does not say."""
    readout: bool = False
    """Whether it holds what the model reads out of its states."""

    def sequences_of(self, layer: str) -> tuple[SequenceInfo, ...]:
        """The sequences of the tape that a layer lies on."""
        return self.tapes[self.layers[layer].tape].sequences


def facts_of(recording: Recording) -> Facts:
    """Gather them. Reads no rows."""
    return Facts(
        path=str(recording.path or ""),
        name=recording.name,
        uuid=recording.uuid,
        complete=recording.complete,
        growing=being_written(recording),
        lacking=bool(lacking(recording)),
        tapes={name: _tape(tape) for name, tape in recording.tapes.items()},
        layers={name: _layer(recording, layer) for name, layer in recording.layers.items()},
        model=Path(str(recording.model.get("file", ""))).name,
        weights=recording.checkpoints.get(NO_CHECKPOINT, {}).get("sha256", ""),
        how=_how(recording.model.get("reading")),
        proof=str(recording.model.get("proof", "")),
        module=str(recording.model.get("module", "")),
        answers=_strings(recording.model.get("answers")),
        readout=any(recording.weight("readout.weight", slice(0), step) is not None for step in recording.checkpoints),
    )


def _strings(data: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def _how(stored: object) -> Reading:
    try:
        return Reading.from_json(stored)
    except GruvizError:  # recorded from Python, or by an earlier version
        return Reading()


def _tape(tape: Tape) -> TapeFacts:
    text, again = tape.tokens(slice(0, 0)) is not None, scrubbed(tape.sequences)
    return TapeFacts(tape.name, tape.sequences, text, tape.columns, tape.outputs, tape.rate, tape.unit, again)


def _layer(recording: Recording, layer: Layer) -> LayerFacts:
    return LayerFacts(
        name=layer.name,
        tape=layer.tape.name,
        cell=layer.cell,
        size=layer.size,
        backward=layer.backward,
        convention=layer.convention,
        reset=layer.reset,
        dtype=layer.dtype,
        backend=layer.backend,
        ended=layer.ended,
        residual=layer.residual,
        trusted=layer.trusted,
        thresholds=layer.thresholds,
        weighted=_is_weighted(recording, layer),
        measured=layer.gradient is not None,
    )


def _is_weighted(recording: Recording, layer: Layer) -> bool:
    return bool(layer.tape.sequences) and (
        LayerWeights(recording, layer, 0).matrix("weight_hh", slice(0, 1)) is not None
    )
