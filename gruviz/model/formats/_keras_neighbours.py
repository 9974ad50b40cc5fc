"""Which layers of a Keras model follow each other: layers of one module, an embedding before, a read-out behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ._found import Floats, RecurrentModule
from ._keras_layers import ENDING, Layer, after, before, passed
from ._keras_weights import KerasWeights

_ENDINGS = ("linear", "softmax", "log_softmax", "sigmoid")


@dataclass(frozen=True, eq=False)
class Read:
    """A recurrent layer of a Keras model, and the module that it is."""

    layer: Layer
    described: Layer
    """The same, or of a wrapper the forward layer."""
    module: RecurrentModule

    @property
    def gives_sequences(self) -> bool:
        """Whether its output is what its module gives: all states, in time's order, of both directions together."""
        source = self.layer if self.layer.kind == "RNN" else self.described
        merged = self.layer.kind == "Bidirectional" and (self.layer["merge_mode"] or "concat") != "concat"
        backward = self.module.layers[0][0].backward
        return bool(source["return_sequences"]) and not merged and not backward


def joined(read: Sequence[Read], weights: KerasWeights) -> Iterator[RecurrentModule]:
    """Yield the modules: layers that each read just the one before as one, with what stands around them."""
    known = {each.layer: each for each in read}
    previous: dict[Layer, Read] = {}
    for each in read:
        source = known.get(before(each.layer) or each.layer)
        if source is not None and source is not each and _follows(each, source):
            previous[each.layer] = source
    for each in read:
        if each.layer in previous:
            continue  # told with the layer that it follows
        stack = [each]
        while following := [other for other in read if previous.get(other.layer) is stack[-1]]:
            stack.append(following[0])
        yield _module(stack, weights)


def _follows(layer: Read, source: Read) -> bool:
    """Whether both can be layers of one module, the one reading nothing but the states of the other."""
    a, b = source.module, layer.module
    last, first = a.layers[-1], b.layers[0]
    return (
        source.gives_sequences
        and not layer.layer.started
        and len([each for each in after(source.layer) if each.kind == layer.layer.kind]) == 1
        and (a.cell, a.hidden, a.reset, a.nonlinearity) == (b.cell, b.hidden, b.reset, b.nonlinearity)
        and [direction.backward for direction in last] == [direction.backward for direction in first]
        and last[0].W_hh.dtype == first[0].W_hh.dtype
    )


def _module(stack: Sequence[Read], weights: KerasWeights) -> RecurrentModule:
    first, last = stack[0], stack[-1]
    notes = [note for each in stack for note in each.module.notes]
    table, skips = _embedding(first, weights)
    linear, ending = _readout(last, weights)
    if skips:
        notes.append(
            f"{skips} leaves out timesteps as padding, which gruviz does not: give it sequences without padding"
        )
    if any(each.module.layers[0][0].backward and len(each.module.layers[0]) == 1 for each in stack):
        notes.append(f"Keras gives the states of {last.layer.path} in the order in which it reads, gruviz in time's")
    if ending:
        notes.append(f"the model ends in a {ending}: gruviz shows the outputs before it")
    return replace(
        first.module,
        layers=tuple(layer for each in stack for layer in each.module.layers),
        embedding=table,
        readout=linear,
        notes=tuple(dict.fromkeys(notes)),
    )


def _embedding(first: Read, weights: KerasWeights) -> tuple[Floats | None, str]:
    """The table that tokens go through, None for none; and the layer that leaves out timesteps, empty for none."""
    masking = next((each.path for each in passed(first.layer) if each.kind == "Masking"), "")
    source = before(first.layer)
    if source is None or source.kind != "Embedding":
        return None, masking
    origin = before(source)
    group = weights.find(source, "")
    if group is None or (source.inputs and (origin is None or origin.kind != "InputLayer")):
        return None, masking
    (table,) = weights.take(group)
    return table, f"{source.path} (mask_zero)" if source["mask_zero"] else masking


def _readout(last: Read, weights: KerasWeights) -> tuple[tuple[Floats, Floats | None] | None, str]:
    """The linear map of the states that the model ends in, None for none; and what follows it, empty for nothing."""
    layer, module = last.layer, last.module
    if not last.gives_sequences and (module.directions > 1 or module.layers[0][0].backward):
        return None, ""  # the last states of the two directions are not of one timestep
    readers = after(layer)
    if layer.container or len(readers) != 1:
        return None, ""
    (reader,) = readers
    dense, part = (reader.inner("layer"), "layer") if reader.kind == "TimeDistributed" else (reader, "")
    following = after(reader)
    activation = dense["activation"] or "linear"
    if dense.kind != "Dense" or activation not in _ENDINGS or any(each.kind not in ENDING for each in following):
        return None, ""
    group = weights.find(reader, part)
    if group is None:
        return None, ""
    kernel, *bias = weights.take(group)
    endings = [activation] if activation != "linear" else [str(each["activation"] or each.kind) for each in following]
    return (kernel.T, bias[0] if bias else None), endings[0] if endings else ""
