"""Labels of what a tape holds: what the recording brings along, classes of its symbols, thresholds, marks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gruviz.analysis import Symbols, above, marked, thresholds
from gruviz.recording import Tape
from gruviz.ui.reading._inputs import missing_in
from gruviz.ui.reading._request import Request, Source

Floats = NDArray[np.float32]
MARKED = "marked"
"""The label of the ranges that the user has marked."""
MOST = 2**22
"""Timesteps of a tape that labels are worked out for; beyond, they say nothing."""
_PIECE = 2**16
"""Rows that are read at a time."""
_STRETCHES, _STRETCH = 8, 2048
"""Of a column, from which its thresholds are taken: so many stretches of so many timesteps."""


@dataclass(frozen=True)
class OfTape(Request):
    """A question about all sequences that one checkpoint read: pages run from one to the next."""

    checkpoint: int

    @property
    def subject(self) -> tuple[str, int]:
        """The layer and the checkpoint, whichever sequence is on show."""
        return self.layer, self.checkpoint


@dataclass(frozen=True)
class Labelled(OfTape):
    """The same, with a label."""

    label: str
    """Empty for none."""
    marked: tuple[tuple[int, int], ...]
    """Ranges of the sequence that the user has marked: they alone are what the label `MARKED` is about."""


@dataclass(frozen=True)
class LabelsRequest(OfTape):
    """The names of the labels that there are to choose from."""

    def read(self, source: Source) -> tuple[str, ...]:
        """What the recording brings along, then what its input has; that a number was missing last."""
        tape = self._tape(source)
        brought = [name for name in tape.labels if name != "missing"]
        own = source.once(("labels", tape.name, len(tape)), lambda: _own(source, tape))
        return tuple(dict.fromkeys((*brought, *own, *tape.labels)))


def label_of(source: Source, request: Labelled) -> Floats:
    """The label by the name that a request gives, over the whole tape, (N,): NaN where it says nothing.

    That is: in sequences of other checkpoints, where a number was missing, and beyond `MOST` timesteps. One is kept.
    """
    tape = source.recording.layers[request.layer].tape
    by_hand = (request.sequence, request.marked) if request.label == MARKED else ()
    key = (tape.name, len(tape), request.checkpoint, request.label, by_hand)
    kept = source.known.get("label")
    if kept is None or kept[0] != key:
        label = np.full(len(tape), np.nan, np.float32)
        rows = min(len(tape), MOST)
        label[:rows] = _label(source, tape, request)[:rows]
        for info in tape.sequences:
            if info.checkpoint != request.checkpoint:
                label[info.rows] = np.nan
        kept = source.known["label"] = key, label
    found: Floats = kept[1]
    return found


def label_span(source: Source, request: Labelled) -> tuple[float, float]:
    """The least and the greatest value of that label; 0 and 1 where it says nothing."""
    label = label_of(source, request)
    kept = source.known.get("label span")
    if kept is None or kept[0] is not label:
        finite = label[np.isfinite(label)]
        span = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        kept = source.known["label span"] = label, span
    found: tuple[float, float] = kept[1]
    return found


def symbols_of(source: Source, tape: Tape) -> Symbols | None:
    """All that was read on a tape, or None where it was numbers."""
    if tape.tokens(slice(0, 0)) is None:
        return None
    symbols: Symbols = source.once(("symbols", tape.name, len(tape)), lambda: _symbols(tape))
    return symbols


def _symbols(tape: Tape) -> Symbols:
    tokens, vocabulary = tape.tokens(slice(0, len(tape))), tape.vocabulary
    assert tokens is not None
    starts = np.array([info.offset for info in tape.sequences], np.int64)
    if vocabulary is not None and (not len(tokens) or (tokens.min() >= 0 and tokens.max() < len(vocabulary))):
        return Symbols(tokens, vocabulary, starts)
    known, ids = np.unique(tokens, return_inverse=True)
    table = tape.named(known)
    return Symbols(ids.astype(np.int32), table, starts)


def _own(source: Source, tape: Tape) -> tuple[str, ...]:
    """The labels that what was read has of itself."""
    text = symbols_of(source, tape)
    if text is not None:
        return text.labels
    sampled = _sampled(tape)
    names: list[str] = []
    for column, name in enumerate(tape.columns):
        edges = thresholds(name, sampled[:, column])
        names += [name, *edges] if edges else []
    return tuple(names)


def _sampled(tape: Tape) -> Floats:
    """Some of the numbers of a tape, (n, I), NaN where they were missing."""
    parts = []
    for start in np.unique(np.linspace(0, max(len(tape) - _STRETCH, 0), _STRETCHES, dtype=np.int64)).tolist():
        rows = slice(start, min(start + _STRETCH, len(tape)))
        values = tape.values(rows)
        if values is not None:
            parts.append(np.where(missing_in(tape, rows), np.float32(np.nan), values))
    return np.concatenate(parts) if parts else np.empty((0, len(tape.columns)), np.float32)


def _label(source: Source, tape: Tape, request: Labelled) -> Floats:
    """From the tape's first row on, for `MOST` rows at least."""
    name, rows = request.label, slice(0, min(len(tape), MOST))
    if name == MARKED:
        label = np.full(len(tape), np.nan, np.float32)
        info = tape.sequences[request.sequence]
        label[info.rows] = marked(info.length, request.marked)
        return label
    if name in tape.labels:
        brought = np.asarray(tape.label(name, rows), np.float32)
        brought = brought.max(axis=1) if brought.ndim == 2 and brought.shape[1] else brought.reshape(len(brought))
        return np.pad(brought, (0, rows.stop - len(brought)), constant_values=np.nan)
    text = symbols_of(source, tape)
    try:
        return text.label(name) if text is not None else _of_column(tape, name, rows.stop)
    except KeyError:  # of another recording, or another tape
        return np.full(len(tape), np.nan, np.float32)


def _of_column(tape: Tape, name: str, stop: int) -> Floats:
    """A column of numbers, or where it is above a threshold."""
    column, edge = (name, None) if name in tape.columns else above(name) or (name, None)
    if column not in tape.columns:
        raise KeyError(name)
    index, parts = tape.columns.index(column), [np.empty(0, np.float32)]
    for start in range(0, stop, _PIECE):
        rows = slice(start, min(start + _PIECE, stop))
        read, missing = tape.values(rows, slice(index, index + 1)), missing_in(tape, rows)
        assert read is not None
        values, gone = read[:, 0], missing[:, min(index, missing.shape[1] - 1)]
        part = values if edge is None else (values > edge).astype(np.float32)
        parts.append(np.where(gone | np.isnan(values), np.float32(np.nan), part))
    return np.concatenate(parts)
