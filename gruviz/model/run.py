"""Recording by gruviz itself: a model from a file reads sequences, however long, in chunks of bounded memory."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gruviz import recording
from gruviz import sequences as sq
from gruviz.errors import GruvizError
from gruviz.model import tasks
from gruviz.model._borders import states_before
from gruviz.model._passes import add_layer
from gruviz.model._pieces import Piece, before_projecting, replay_piece
from gruviz.model.checkpoint import Loaded
from gruviz.model.device import pick
from gruviz.model.inputs import common_rate, notes_on
from gruviz.model.intercept import Call, Intercept, LayerRun, escaped
from gruviz.model.network import SequenceModel, State
from gruviz.model.pace import steps_at_a_time
from gruviz.model.proof import NOT_PROVED, Proof
from gruviz.model.recorder import recurrent_weights
from gruviz.model.translation import Translator
from gruviz.recording.schema import NO_CHECKPOINT

OnProgress = Callable[[int, int], bool]
"""Told how many timesteps are done, of how many; answers whether to go on."""

VALUES = 2**22
"""Of one quantity, that are in memory at a time."""


def record_sequences(
    loaded: Loaded,
    sequences: Sequence[sq.Sequence],
    path: str | os.PathLike[str] | None,
    *,
    dtype: str = "float32",
    device: str = "auto",
    expect: NDArray[np.floating] | None = None,
    on_progress: OnProgress | None = None,
    about: dict[str, Any] | None = None,
    chunk: int | None = None,
) -> recording.Recording:
    """Let a loaded model read sequences and record all that its recurrent layers do.

    Args:
        loaded: the model, with its vocabulary or its columns.
        sequences: texts for a model with a vocabulary, tokens or numbers for others.
        path: the recording; None keeps it in memory.
        dtype: float32, or float16 to halve the file.
        device: `auto`, `cpu`, `cuda` or `mps`.
        expect: (T, O) reference outputs for the only sequence, or (T, H) hidden states where the model has no read-out;
            those of its decoder for an encoder-decoder.
        on_progress: see `OnProgress`. An answer of False ends the recording: what there is until then is kept.
        about: what else the recording should say of the model, its file's name for instance.
        chunk: timesteps that run at a time; chosen by the model's size without.

    Returns:
        The recording, open. Its `complete` is False when `on_progress` ended it.

    Raises:
        GruvizError: a sequence is nothing that the model can read, the file cannot be written, or the outputs are not
            the expected ones (the recording is kept then).
    """
    if loaded.translator is not None:
        sequences = loaded.translator.spell(sequences)
    if not sequences:
        raise GruvizError("there is no sequence to record: give at least one")
    inputs = [prepare(loaded, sequence) for sequence in sequences]
    rate = common_rate(sequences)
    proof = None if expect is None else Proof(expect)
    if expect is not None and (len(inputs) != 1 or (loaded.translator is None and len(expect) != len(inputs[0]))):
        raise GruvizError(
            f"the expected outputs have the shape {expect.shape}: they compare with one sequence, one row a timestep"
        )
    where = pick(device, loaded.model.architecture.dtype)
    model = loaded.model.to(where).eval()
    if loaded.translator is not None:
        loaded.translator.decoder.to(where).eval()
    description = {
        "source": loaded.source,
        "convention": loaded.convention,
        "architecture": model.architecture.to_json(),
        "task": loaded.task,
        "training": loaded.training,
        "notes": [*loaded.notes, *notes_on(sequences)],
        **({"answers": loaded.answers.public()} if loaded.answers.public() else {}),
        **({"scale": loaded.std.tolist()} if loaded.std is not None else {}),
        **({"proof": NOT_PROVED} if loaded.converted else {}),
        **(about or {}),
    }
    writer = recording.Writer(path, dtype=dtype, model=description)
    chunk = chunk or max(1, min(steps_at_a_time(model, 1), VALUES // model.architecture.hidden))
    run = Run(model, loaded, writer, chunk, proof, rate)
    total, done, going = sum(map(len, inputs)), 0, True
    # TF32, which cuDNN uses for RNNs by itself, would cost the states three of their seven digits.
    with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False), writer:
        writer.add_checkpoint(-1, weights=weights_of(loaded), sha256=loaded.sha256)
        for number, (sequence, data) in enumerate(zip(sequences, inputs, strict=True)):
            for steps in run.sequence(number, sequence, data):
                done += steps
                going = on_progress is None or on_progress(done, total)
                if not going:
                    break
            if not going:
                break
        if not going:
            writer.close(complete=False)
        elif proof is not None:
            writer.describe(description | {"proof": proof.describe()})
    if not (going or done):
        raise GruvizError("the recording was stopped before its first timestep: nothing is kept")
    result = recording.Recording(writer.file, None) if writer.path is None else recording.open(writer.path)
    if proof is not None and not proof.holds:
        result.close()
        assumed = f" (what was assumed of it: {'; '.join(loaded.notes)})" if loaded.notes else ""
        raise GruvizError(
            f"the outputs differ from the expected ones by up to {proof.difference:.2g}: the model is not what it was "
            f"where they come from{assumed}; what was recorded is kept in {writer.path or 'memory'}"
        )
    return result


def prepare(loaded: Loaded, sequence: sq.Sequence) -> NDArray[Any]:
    """What goes into the model: (T,) int64 tokens or (T, I) float32 numbers, normalised as in training.

    Raises:
        GruvizError: the sequence is not of the kind that the model reads.
    """
    architecture, name = loaded.model.architecture, sequence.name
    if architecture.embedding is not None:
        if sequence.text is not None and loaded.vocabulary is not None:
            return loaded.vocabulary.encode(sequence.text).astype(np.int64)
        if sequence.tokens is not None:
            worst = int(sequence.tokens.max())
            if worst >= architecture.inputs or int(sequence.tokens.min()) < 0:
                raise GruvizError(f"{name} has the token {worst}, the model knows 0 to {architecture.inputs - 1}")
            return sequence.tokens.astype(np.int64)
        if sequence.text is not None:
            raise GruvizError(
                f"{name} is text, and this model does not say which character or word is which token: "
                "give its vocabulary (--vocabulary FILE, one symbol a line), or tokens in a .npy file"
            )
        raise GruvizError(f"{name} holds numbers, and this model reads {'text' if loaded.vocabulary else 'tokens'}")
    if sequence.values is None:
        raise GruvizError(
            f"{name} is {'text' if sequence.text is not None else 'tokens'}, and this model reads numbers"
        )
    values = _chosen(loaded, sequence.values, sequence.columns)
    if values.shape[1] != architecture.inputs:
        raise GruvizError(_wrong_width(loaded, name, sequence.columns))
    if loaded.mean is not None and loaded.std is not None:
        values = (values - loaded.mean) / loaded.std
    return values.astype(architecture.dtype)


class Run:
    """One model at work: chunk after chunk of sequence after sequence, into one recording."""

    def __init__(
        self,
        model: SequenceModel,
        loaded: Loaded,
        writer: recording.Writer,
        chunk: int,
        proof: Proof | None,
        rate: float | None,
    ) -> None:
        self._model = model
        self._loaded = loaded
        self._writer = writer
        self._chunk = chunk
        self._proof = proof
        self._rate = rate
        self._device = next(model.parameters()).device

    def sequence(
        self, number: int, sequence: sq.Sequence, data: NDArray[Any], checkpoint: int = NO_CHECKPOINT
    ) -> Iterator[int]:
        """Record one sequence; yields the timesteps of each chunk when it is written, and 0 now and then before."""
        x = torch.from_numpy(data)[None].to(self._device)  # (1, T) or (1, T, I)
        chunks = [slice(start, min(start + self._chunk, len(data))) for start in range(0, len(data), self._chunk)]
        before = yield from states_before(self._model, x, chunks)
        wanted = _wanted(self._loaded, data)
        final: State | None = None
        for index, rows in enumerate(chunks):
            output, final, piece, call = self._step(self._model, x[:, rows], before[index])
            if index + 1 < len(chunks) and before[index + 1] is None:
                before[index + 1] = final
            names = _source_layers(self._model, call)
            if index == 0:
                self._begin(number, sequence, call, names, checkpoint)
            blocks = {name: piece.layer(layer, 0, piece.stop) for layer, name in names.items()}
            values = output[0].double().cpu().numpy()
            self._writer.append(self._main, blocks, **self._tape(sequence, data, rows, values, wanted))
            self._writer.flush()
            yield rows.stop - rows.start
        self._writer.end(self._main)
        if self._loaded.translator is not None and final is not None:
            self._write_symbols(self._loaded.translator, number, sequence, final)
            yield 0

    @property
    def _main(self) -> str:
        """The tape of what the model reads."""
        return "main" if self._loaded.translator is None else self._model.path

    def _write_symbols(self, translator: Translator, number: int, sequence: sq.Sequence, state: State) -> None:
        """Record on a tape of its own what the decoder reads and writes after a sequence."""
        written = translator.write(state)
        data = translator.read_while_writing(written)
        x = torch.from_numpy(data)[None].to(self._device)
        output, _, piece, call = self._step(translator.decoder, x, state)
        names, tape = _source_layers(translator.decoder, call), translator.decoder.path
        if number == 0:
            self._writer.add_tape(tape, vocabulary=translator.symbols)
            for run in call.layers:
                add_layer(self._writer, tape, run, names[run.name], translator.convention)
        self._writer.begin(
            tape,
            sequence.name,
            initial={names[run.name]: piece.initial(run.name, 0) for run in call.layers},
            pass_=number,
        )
        values = output[0].double().cpu().numpy()
        if self._proof is not None:
            self._proof.compare(values, slice(0, None))
        outputs: dict[str, NDArray[Any]] = {"values": values.astype(np.float32)}
        outputs |= _next_token(values, np.array(written, np.int64))
        blocks = {name: piece.layer(layer, 0, piece.stop) for layer, name in names.items()}
        self._writer.append(tape, blocks, tokens=data, outputs=outputs)
        self._writer.end(tape)

    def _step(self, model: SequenceModel, x: Tensor, state: State | None) -> tuple[Tensor, State, Piece, Call]:
        """Run one chunk and replay it."""
        calls: list[Call] = []
        with Intercept(model, calls.append):
            output, final = model(x, state)
        (call,) = calls
        if model.architecture.backward:  # the kernel was given the sequence turned round
            call = replace(call, layers=[_turned(run) for run in call.layers])
        piece = replay_piece([(call, run) for run in call.layers], slice(0, 1), call.lengths, 0, x.shape[1])
        return output, final, piece, call

    def _begin(self, number: int, sequence: sq.Sequence, call: Call, names: dict[str, str], checkpoint: int) -> None:
        if number == 0:
            columns = self._loaded.columns or sequence.columns
            unit = None if self._rate is None else "s"
            self._writer.add_tape(
                self._main, vocabulary=self._loaded.symbols, columns=columns, rate=self._rate, unit=unit
            )
            for run in call.layers:
                add_layer(self._writer, self._main, run, names[run.name], self._loaded.convention)
        start = [kind[:, 0].float().cpu().numpy() for kind in self._model.start()]
        initial = {}
        for row, run in enumerate(call.layers):
            states = {state: kind[row] for state, kind in zip(("hidden", "cell"), start, strict=False)}
            if run.projection is not None:
                states |= before_projecting(states["hidden"], run.size)
            initial[names[run.name]] = states
        self._writer.begin(self._main, sequence.name, initial=initial, pass_=number, checkpoint=checkpoint)

    def _tape(
        self,
        sequence: sq.Sequence,
        data: NDArray[Any],
        rows: slice,
        output: NDArray[np.float64],
        wanted: NDArray[Any] | None,
    ) -> dict[str, Any]:
        """What goes on the tape beside the layers: the input as the user knows it, and what the model made of it."""
        if self._proof is not None and self._loaded.translator is None:
            self._proof.compare(output, rows)
        tape: dict[str, Any] = {"outputs": {}, "labels": {}}
        if data.dtype == np.int64:
            tape["tokens"] = data[rows]
        else:
            assert sequence.values is not None
            missing = np.zeros(data.shape, np.bool_) if sequence.missing is None else sequence.missing
            values, missing = (
                _chosen(self._loaded, table[rows], sequence.columns) for table in (sequence.values, missing)
            )
            tape["values"] = values
            tape["labels"]["missing"] = missing.any(axis=1).astype(np.uint8)
        if self._model.readout is None:
            return tape
        about_next = self._loaded.task.get("name") in ("char", "series", "anbn")
        tape["outputs"]["values"] = (self._in_units(output) if about_next else output).astype(np.float32)
        if about_next and "tokens" in tape:
            tape["outputs"] |= _next_token(output, data[rows.start + 1 : rows.stop + 1])
        elif wanted is not None:
            tape["outputs"]["wanted"] = wanted[rows]
        return tape

    def _in_units(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Numbers in the units of the user's data."""
        if self._loaded.mean is None or self._loaded.std is None:
            return values
        restored: NDArray[np.float64] = values * self._loaded.std + self._loaded.mean
        return restored


def _wrong_width(loaded: Loaded, name: str, columns: Sequence[str]) -> str:
    have, wants = len(columns), loaded.model.architecture.inputs
    wanted = f" ({', '.join(loaded.columns)})" if loaded.columns else ""
    cure = f": choose {wants} of them (--columns)" if have > wants else ""
    if columns[0] in ("sound", "channel 1") and sq.LEAST_BANDS <= wants <= sq.MOST_BANDS:
        cure = f": perhaps log-mel frames of that many bands (--mel {wants})"
    many = "1 column" if have == 1 else f"{have} columns"
    if loaded.below:
        cure += f"; it may read what another network of its file gives out ({', '.join(loaded.below)}): give it that"
    return f"{name} has {many} of numbers, and this model reads {wants}{wanted}{cure}"


def _chosen(loaded: Loaded, table: NDArray[Any], columns: Sequence[str]) -> NDArray[Any]:
    """The columns that the model was trained on, where they are all there by name; else all, as they come."""
    if not loaded.columns or not set(loaded.columns) <= set(columns):
        return table
    return table[:, [columns.index(column) for column in loaded.columns]]


def _next_token(logits: NDArray[np.float64], following: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The token that came next, (n,), -1 after the last; and the probability that it was given, NaN there."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probability = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    targets = np.full(len(logits), -1, np.int32)
    targets[: len(following)] = following
    probability = np.full(len(logits), np.nan, np.float32)
    probability[: len(following)] = np.exp(log_probability[np.arange(len(following)), following])
    return {"targets": targets, "probability": probability}


def _wanted(loaded: Loaded, data: NDArray[Any]) -> NDArray[Any] | None:
    """What a made-up task asks for at each timestep, (T,) tokens or (T, O) numbers: -1 or NaN where for nothing."""
    batch = tasks.asked(loaded.task, torch.from_numpy(data)[None])
    if batch is None:
        return None
    wanted: NDArray[Any] = batch.targets[0].numpy()
    wanted = wanted.astype(np.int32 if wanted.dtype.kind == "i" else np.float32)
    if batch.mask is not None:
        wanted[~batch.mask[0].numpy()] = -1 if wanted.dtype.kind == "i" else np.nan
    return wanted


def _turned(run: LayerRun) -> LayerRun:
    """What a layer did that was given its sequences turned round, as a layer that reads them from their ends."""
    return replace(run, name=f"{run.name}_reverse", backward=True, x=run.x.flip(0), hidden=run.hidden.flip(0))


def _source_layers(model: SequenceModel, call: Call) -> dict[str, str]:
    """The names of layers as they ran, to those that they have with the name of their module in its source."""
    return {run.name: _source_name(run.name, model) for run in call.layers}


def weights_of(loaded: Loaded) -> dict[str, NDArray[Any]]:
    """The recurrent weights by the names that their modules have in their source, and the read-out if there is one."""
    weights = {}
    for model in loaded.parts:
        turned = "_reverse" if model.architecture.backward else ""  # its layers are called so too
        for name, array in recurrent_weights(model).items():
            weights[_source_name(name, model) + turned] = array
        if model.readout is not None:
            for name, weight in model.readout.named_parameters():
                weights[f"readout.{name}"] = weight.detach().float().cpu().numpy()
    return weights


def _source_name(name: str, model: SequenceModel) -> str:
    return (escaped(model.path) + name.removeprefix("rnn")).lstrip(".")
