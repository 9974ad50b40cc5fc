"""Which calls belong to one sequence: a call may go on where the one before ended, or begin anew.

A call whose initial state is the final state of the one before (same module, same batch) goes on. So does one with
only the first sequences of that batch: the others have ended, as where a decoder's batch is sorted by length. A loop
over single steps goes on too where the model changed the state on the way: by dropout or zoneout, a mask for sequences
that have ended, a normalisation, a second cell that it passes through, a beam that is sorted anew. Each step is
recorded with the state that it really got. A sequence begins where the state is zero, or where it is once more the
state that the sequence before began with: one that was learned. All begin anew where a batch grows, as in a beam
search that branches.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from gruviz.model._call import Call, LayerRun


class Chain:
    """Calls of one module of which each goes on where the one before ended."""

    def __init__(self, call: Call) -> None:
        self.calls = [call]
        self.altered = False
        """Whether some step got another state than the one before gave out."""

    def take(self, call: Call, *, rows: bool = False) -> bool:
        """Take a call that goes on here; False for one that does not.

        `rows` asks more of a changed state: each sequence of the batch goes on exactly or from zero, and one at least
        goes on.
        """
        before = self.calls[-1]
        if before.packed or call.packed or any(run.backward for run in call.layers):
            return False
        batch = len(call.lengths)
        if batch > len(before.lengths):
            if _branches(before, call):
                warnings.warn(
                    f"{call.module or call.layers[0].name}: {batch} sequences go on from {len(before.lengths)}, as in "
                    "a beam search: they are recorded as sequences that begin there",
                    stacklevel=2,
                )
            return False
        step = self._steps and call.steps == 1
        if step and any(a.weights is not b.weights for a, b in zip(before.layers, call.layers, strict=True)):
            return False
        ended, begins = _states(before, "final", batch), _states(call, "initial", batch)
        if not any(bool(state.any()) for state in begins):  # where any new sequence starts
            return False
        if not all(map(same, ended, begins)):
            again = all(map(same, _states(self.calls[0], "initial", batch), begins))
            if not step or again or (rows and not _row_by_row(ended, begins)):
                return False
            self.altered = True
        elif self.altered and not step:
            return False
        self.calls.append(call)
        return True

    @property
    def _steps(self) -> bool:
        return self.calls[0].steps == 1 and self.calls[-1].steps == 1

    def joined(self) -> Call:
        """All of it as one call, as wide as the first: zeros stand behind what has ended before the others."""
        first, last = self.calls[0], self.calls[-1]
        if first is last:
            return first
        steps = all(call.steps == 1 for call in self.calls)
        layers = [self._layer(runs, steps) for runs in zip(*(call.layers for call in self.calls), strict=True)]
        batch = len(first.lengths)
        lengths = torch.stack([widened(call.lengths, batch) for call in self.calls]).sum(0)
        read = [call.tokens for call in self.calls if call.tokens is not None]
        tokens = torch.cat([widened(part, batch, 1) for part in read]) if len(read) == len(self.calls) else None
        return replace(first, layers=layers, lengths=lengths, tokens=tokens, span=(first.span[0], last.span[1]))

    def _layer(self, runs: Sequence[LayerRun], steps: bool) -> LayerRun:
        batch = runs[0].x.shape[1]
        joined = replace(
            runs[0],
            x=torch.cat([widened(run.x, batch, 1) for run in runs]),
            hidden=torch.cat([widened(run.hidden, batch, 1) for run in runs]),
            final={name: _ended([run.final[name] for run in runs]) for name in runs[0].final},
            altered=self.altered,
        )
        if steps:
            joined.before = {
                name: torch.stack([widened(run.initial[name], batch) for run in runs]) for name in runs[0].initial
            }
            if "cell" in runs[0].final:
                joined.cells = torch.stack([widened(run.final["cell"], batch) for run in runs])
        return joined


def chains(calls: Sequence[Call]) -> dict[str, list[Chain]]:
    """The calls of each module, in chains."""
    found: dict[str, list[Chain]] = {}
    for call in calls:
        mine = found.setdefault(call.module, [])
        if not mine or not mine[-1].take(call):
            mine.append(Chain(call))
    return found


def follows(call: Call, other: Call) -> bool:
    """Whether a call begins with a state that another one, of another module, ended with: a decoder's, for instance."""
    ended = _states(other, "final")
    return any(bool(begun.any()) and any(same(begun, end) for end in ended) for begun in _states(call, "initial"))


def same(some: Tensor, others: Tensor) -> bool:
    """Whether two states are the same, also where autocast changed the dtype of one."""
    if some.shape != others.shape or some.device != others.device:
        return False
    dtype = torch.promote_types(some.dtype, others.dtype)
    return torch.equal(some.to(dtype), others.to(dtype))


def widened(part: Tensor, batch: int, dim: int = 0) -> Tensor:
    """What is there of the first sequences of a batch, with zeros for the others."""
    missing = batch - part.shape[dim]
    return pad(part, (0, 0) * (part.dim() - dim - 1) + (0, missing)) if missing else part


def _states(call: Call, which: str, batch: int | None = None) -> list[Tensor]:
    """All states of a call, those of the first `batch` sequences."""
    return [state[:batch] for run in call.layers for state in getattr(run, which).values()]


def _ended(finals: Sequence[Tensor]) -> Tensor:
    """What each sequence ended with: fewer and fewer of them were there."""
    left = [*(len(final) for final in finals[1:]), 0]
    return torch.cat([final[stop:] for final, stop in zip(finals, left, strict=True)][::-1])


def _branches(before: Call, call: Call) -> bool:
    """Whether each sequence of a larger batch begins where one of those before ended, and not at zero."""
    ended, begins = (torch.cat(_states(*which), 1).float() for which in ((before, "final"), (call, "initial")))
    places = [len(torch.unique(states, dim=0)) for states in (ended, torch.cat([ended, begins]))]
    return bool(begins.any()) and places[0] == places[1]


def _row_by_row(ended: Sequence[Tensor], begins: Sequence[Tensor]) -> bool:
    """Whether each sequence of a batch goes on exactly or from zero, in all of its states, and one goes on."""
    goes_on = torch.stack([(a == b).all(-1) for a, b in zip(ended, begins, strict=True)]).all(0)
    from_zero = torch.stack([(state == 0).all(-1) for state in begins]).all(0)
    return bool(goes_on.any()) and bool((goes_on | from_zero).all())
