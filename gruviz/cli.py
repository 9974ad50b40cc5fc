"""The command line. What a command needs is imported inside it, so that each starts as fast as it can."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gruviz.arguments import Line, Parser, interruptible, timesteps
from gruviz.errors import GruvizError

if TYPE_CHECKING:
    from gruviz.model.answers import Answers
    from gruviz.model.training import Progress
    from gruviz.recording import Layer, Recording
    from gruviz.sequences import Reading

_HDF5 = b"\x89HDF"
_OVERVIEW = """commands:
  gruviz [FILE]          open a recording or a model in the app; with no file, go on where you left off
  gruviz open A B C      open two or three recordings beside each other, with one cursor
  gruviz demo            open the demo: a GRU that reads Shakespeare's sonnets
  gruviz train TASK      train a network on a text, a table, or a made-up task
  gruviz record          record what a network does while it reads sequences
  gruviz info FILE       say what is in a recording or a model
  gruviz export          draw a figure for a report
  gruviz figures         draw all figures of a recording, in all formats
  gruviz compare TASK    train an RNN, a GRU and an LSTM on the same task, and compare them
  gruviz gradient        add the gradients through time to a recording

gruviz COMMAND --help says more of each. A file that is called like a command is opened as ./demo."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or 2 after an error that a person can mend."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        command = _COMMANDS.get(arguments[0]) if arguments else None
        return command(arguments[1:]) if command else _open(arguments)
    except GruvizError as error:
        print(f"gruviz: {error}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        print("gruviz: there is not enough memory for this: ask for less", file=sys.stderr)
        return 2
    except (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        print(f"gruviz: cannot use {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `gruviz info run.h5 | head`
        sys.stderr.close()
        return 0


def _open(arguments: Sequence[str], demo: bool = False) -> int:
    about = "Open the demo." if demo else "See what a gated recurrent network keeps and what it overwrites."
    parser = Parser(
        prog="gruviz demo" if demo else "gruviz",
        description=about,
        epilog=None if demo else _OVERVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not demo:
        parser.add_argument("files", nargs="*", metavar="FILE", help="a recording or a model, or several recordings")
        parser.add_argument("--version", action="version", version=f"gruviz {version('gruviz')}")
    parser.add_argument("--screenshot", metavar="OUT.png", help="save a picture of the window, and leave")
    parser.add_argument("--size", type=_size, metavar="WxH", help="of the window, in pixels: 1280x800")
    parser.add_argument("--at", type=int, metavar="T", help="the timestep that the cursor stands at")
    parser.add_argument("--theme", choices=("light", "dark"), help="instead of the system's")
    given = parser.parse_args(arguments)
    if sys.platform == "win32" and given.screenshot is None:
        import gruviz.model.device  # noqa: F401 - on Windows torch loads before Qt or not at all
    from gruviz.ui.app import run

    return run(
        *(() if demo else given.files),
        demo=demo,
        screenshot=given.screenshot,
        size=given.size,
        at=given.at,
        theme=given.theme,
    )


def _demo(arguments: Sequence[str]) -> int:
    return _open(arguments, demo=True)


def _train(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="gruviz train",
        description="Train a network from scratch and save it with all that is needed to use it.",
        epilog="tasks: char (the next character of --text), series (the next row of the numeric columns of --data); "
        "copy, adding, flipflop and anbn make up their own sequences",
    )
    parser.add_argument("task", metavar="TASK")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", metavar="FILE", help="what char reads")
    source.add_argument("--data", metavar="FILE", help="what series reads: a table, an array or a sound")
    _add_reading(parser)
    parser.add_argument("--cell", choices=("gru", "lstm", "rnn"), default="gru")
    parser.add_argument("--hidden", type=int, metavar="N", help="hidden units in a layer; chosen by the task without")
    parser.add_argument("--layers", type=int, default=1, metavar="N")
    parser.add_argument("--steps", type=int, metavar="N", help="training steps; chosen by the task without")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed gives the same model on a CPU")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    _add_probe(parser)
    parser.add_argument("-o", "--output", required=True, metavar="MODEL.safetensors")
    given = parser.parse_args(arguments)
    if given.probe is None and (given.probe_spacing is not None or given.probe_length is not None):
        parser.error("--probe-spacing and --probe-length say how to record a training: give --probe too")

    from gruviz import sequences
    from gruviz.model import checkpoint, device, tasks
    from gruviz.model.probe import LENGTH, Plan, train_watched

    checkpoint.check_writable(given.output)
    path = given.text or given.data
    data = sequences.read(path, _reading(given)) if path else None
    task = tasks.make(given.task, data)
    _say_notes(data.notes if data else ())
    length = LENGTH if given.probe_length is None else given.probe_length
    plan = None if given.probe is None else Plan(given.probe, given.probe_spacing or "log", length)
    line = Line()
    with interruptible() as interrupted:

        def watch(progress: "Progress") -> bool:
            line.show(_training_line(progress), last=progress.step == progress.steps and progress.judging is None)
            return not interrupted()

        trained, probe = train_watched(
            task,
            given.output,
            plan,
            cell=given.cell,
            hidden=given.hidden,
            layers=given.layers,
            steps=given.steps,
            seed=given.seed,
            device=device.pick(given.device),
            on_progress=watch,
        )
    trained.save(given.output)
    done = len(trained.history.step)
    if done < trained.steps:
        print(f"Stopped after {done:,} of {trained.steps:,} steps; what was learned until then is saved.")
    print(f"{trained.sentence}\nSaved {given.output} ({trained.device}, {trained.seconds:.0f} s).")
    if probe is not None:
        print(f"The recording of the training ended: {probe.wrong}." if probe.wrong else f"Recorded {probe.path}.")
    return 0 if done == trained.steps else 130


def _add_probe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--probe",
        type=int,
        nargs="?",
        const=20,
        metavar="N",
        help="record the network at N steps of the training (20), each time on the same held-out sequence, "
        "into MODEL-training.h5",
    )
    parser.add_argument("--probe-spacing", choices=("log", "linear"), help="of those steps: most happens early, so log")
    parser.add_argument("--probe-length", type=int, metavar="N", help="timesteps of that sequence; 500 without")


def _record(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="gruviz record",
        description="Let a network read sequences, and record the gates and states of every timestep.",
        epilog="INPUT is a text, a table (.csv, .tsv), an array (.npy, .npz, FILE.npz:NAME), a dataset of an HDF5 file "
        "(FILE.h5:/PATH), a sound (.wav), a folder of those, or task:NAME for made-up sequences of that task",
    )
    parser.add_argument("model", metavar="MODEL", help="a model of gruviz, PyTorch, Lightning, NumPy, ONNX or Keras")
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    parser.add_argument("-o", "--output", required=True, metavar="RUN.h5")
    parser.add_argument("--dtype", choices=("float32", "float16"), default="float32", help="float16 halves the file")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--expect", metavar="OUT.npy", help="reference outputs, one row a timestep, to compare with")
    _add_model_options(parser)
    parser.add_argument("--vocabulary", metavar="FILE", help="of a text model without one: a symbol a line, or JSON")
    _add_reading(parser)
    parser.add_argument("--range", type=timesteps, metavar="A:B", help="only these timesteps of each input")
    parser.add_argument("--count", type=int, default=16, metavar="N", help="how many sequences task:NAME makes up")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for task:NAME")
    given = parser.parse_args(arguments)

    from gruviz.model import checkpoint
    from gruviz.model.inputs import notes_on, read_inputs, with_vocabulary
    from gruviz.model.run import record_sequences
    from gruviz.sequences import Vocabulary

    how = _reading(given)
    loaded = checkpoint.load(given.model, given.module, _answers(given))
    if given.vocabulary:
        loaded = with_vocabulary(loaded, Vocabulary.read(given.vocabulary), given.vocabulary)
    read = read_inputs(loaded, given.inputs, how, steps=given.range, count=given.count, seed=given.seed)
    expect = _array(given.expect) if given.expect else None
    _say_notes((*loaded.notes, *notes_on(read)))
    line = Line()
    with interruptible() as interrupted:

        def watch(done: int, total: int) -> bool:
            line.show(f"{done:,} of {total:,} timesteps", last=done == total)
            return not interrupted()

        run = record_sequences(
            loaded,
            read,
            given.output,
            dtype=given.dtype,
            device=given.device,
            expect=expect,
            on_progress=watch,
            about={
                "file": Path(given.model).name,
                "reading": how.to_json(),
                **({"module": given.module} if given.module else {}),
            },
        )
    with run:
        for layer in run.layers.values():
            print(_layer_line(layer))
        print(f"Saved {run.path}." if run.complete else f"Stopped; what was recorded until then is in {run.path}.")
        if proof := run.model.get("proof"):
            print(f"The model is {proof}.")
        elif expect is not None:
            print(f"The outputs are those of {given.expect}.")
        return 0 if run.complete else 130


def _info(arguments: Sequence[str]) -> int:
    parser = Parser(prog="gruviz info", description="Say what is in a recording or a model.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="for programs")
    _add_model_options(parser)
    given = parser.parse_args(arguments)
    facts = _facts(given)
    if given.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    for key, value in facts.items():
        if value in ("", None, {}, []):
            continue
        if isinstance(value, list):
            print(f"{key}:")
            for entry in value:
                described = entry.values() if isinstance(entry, dict) else [entry]
                print("  " + "  ".join(str(item) for item in described if item not in ("", None)))
        elif isinstance(value, dict):
            print(f"{key}: {', '.join(f'{name} {item}' for name, item in value.items())}")
        else:
            print(f"{key}: {value}")
    return 0


def _export(arguments: Sequence[str]) -> int:
    from gruviz.exporting import export

    return export(arguments)


def _figures(arguments: Sequence[str]) -> int:
    from gruviz.exporting import export_everything

    return export_everything(arguments)


def _gradient(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="gruviz gradient",
        description="Compute how the gradient of a loss runs back through the timesteps of a recording, and add it to "
        "the recording. The file is replaced once all of it is there.",
    )
    parser.add_argument("recording", metavar="RUN", help="a recording")
    parser.add_argument(
        "--loss", type=_when, default="auto", metavar="L", help="sum over all timesteps, last, a timestep, or none"
    )
    parser.add_argument(
        "--steps", action=argparse.BooleanOptionalAction, default=True, help="Jacobians of single steps"
    )
    parser.add_argument(
        "--reach", type=_when, default="last", metavar="T", help="what the states at T depend on: last, T, or none"
    )
    parser.add_argument("--since", type=int, metavar="S", help="what depends on the states at this timestep; not asked")
    parser.add_argument(
        "--followed", type=_timesteps, metavar="N", help="timesteps that T is followed back, and S on, at most"
    )
    parser.add_argument(
        "--lags", type=_timesteps, metavar="N", help="timesteps that each output is followed back; 0 for none"
    )
    parser.add_argument("--sequence", type=int, action="append", metavar="I", help="its number, from 0; all without")
    parser.add_argument("--tape", metavar="NAME", help="which, where there are several")
    parser.add_argument("--units", action=argparse.BooleanOptionalAction, help="keep the gradient of every unit or not")
    parser.add_argument("--single", action="store_true", help="compute in float32, which is faster, not in float64")
    parser.add_argument("--model", metavar="MODEL", help="whose read-out is taken where the recording holds none")
    given = parser.parse_args(arguments)

    from gruviz.model import checkpoint
    from gruviz.model.measuring import FOLLOWED, Wanted, measure

    line = Line()
    with interruptible("and leaving the recording as it was") as interrupted:

        def watch(done: int, total: int) -> bool:
            line.show(f"{done / max(total, 1):.0%} of the gradients", last=done == total)
            return not interrupted()

        done = measure(
            given.recording,
            Wanted(
                loss=given.loss,
                steps=given.steps,
                reach=given.reach,
                since=given.since,
                followed=FOLLOWED if given.followed is None else given.followed,
                lags=given.lags,
                units=given.units,
                double=not given.single,
            ),
            tape=given.tape,
            sequences=given.sequence,
            model=checkpoint.load(given.model) if given.model else None,
            on_progress=watch,
        )
    print(f"Added gradients to {given.recording}." if done else f"Stopped; {given.recording} is as it was.")
    return 0 if done else 130


def _compare(arguments: Sequence[str]) -> int:
    from gruviz.cli_compare import add_arguments, run

    parser = Parser(
        prog="gruviz compare",
        description="Train an RNN, a GRU and an LSTM on the same task from several seeds, and compare them: learning "
        "curves, results on held-out data, time, memory, and how the gradient runs back. Whatever is finished is "
        "written into the folder at once, and the same command goes on from there.",
        epilog="tasks: as in gruviz train",
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    line = Line()
    with interruptible("and keeping what is finished") as interrupted:
        return run(given, arguments, line.show, lambda: not interrupted())


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "open": _open,
    "demo": _demo,
    "train": _train,
    "record": _record,
    "info": _info,
    "export": _export,
    "figures": _figures,
    "gradient": _gradient,
    "compare": _compare,
}


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What files of numbers do not say themselves."""
    parser.add_argument(
        "--columns",
        default="",
        metavar="LIST",
        help="of tables and arrays, by name or number: a,b,3",
    )
    parser.add_argument("--rate", type=float, metavar="HZ", help="timesteps a second of tables and arrays")
    parser.add_argument("--mel", type=int, metavar="N", help="sounds as log-mel frames of N bands, not as samples")
    parser.add_argument("--hop-ms", type=float, metavar="MS", help="from one frame to the next; 10 without")
    parser.add_argument("--window-ms", type=float, metavar="MS", help="of sound that a frame is made of; 25 without")


def _reading(given: argparse.Namespace) -> "Reading":
    from gruviz.sequences import Reading

    times = {"hop": given.hop_ms, "window": given.window_ms}
    times = {name: value for name, value in times.items() if value is not None}
    if times and given.mel is None:
        raise GruvizError("--hop-ms and --window-ms are of log-mel frames: say how many bands with --mel 80")
    return Reading(columns=Reading.listed(given.columns), rate=given.rate, mel=given.mel, **times)


def _array(path: str) -> Any:
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise GruvizError(f"cannot read {path} as an array: give a .npy file of numbers ({error})") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise GruvizError(f"{path} is not one array of numbers: save one with numpy.save")
    return array


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    """What a model file of another program may not say of itself."""
    model = parser.add_argument_group("what a model file may not say")
    model.add_argument("--module", metavar="NAME", help="which of several recurrent networks; gruviz info lists them")
    model.add_argument(
        "--update-gate", choices=("keep", "write"), help="what an update gate of 1 does; it keeps without"
    )
    model.add_argument(
        "--reset", choices=("after", "before"), help="where a GRU's reset gate acts: the product with W_hn"
    )
    model.add_argument("--nonlinearity", choices=("tanh", "relu"), help="of a plain RNN; tanh without")
    model.add_argument("--reads", choices=("tokens", "numbers"), help="through the embedding, or in place of it")
    model.add_argument("--names", metavar="MAP.json", help="which array is which, for arrays of other names")


def _answers(given: argparse.Namespace) -> "Answers":
    from gruviz.model.answers import Answers

    return Answers(given.update_gate, given.reset, given.nonlinearity, given.reads, given.names)


def _facts(given: argparse.Namespace) -> dict[str, Any]:
    """What is in a file, as plain values."""
    file = Path(given.file)
    if file.is_file():
        with file.open("rb") as opened:
            hdf5 = opened.read(4) == _HDF5
        if hdf5:
            from gruviz import recording

            if not recording.is_other_hdf5(file):
                return _recording_facts(given.file)
            try:
                return _model_facts(given)
            except GruvizError as error:
                raise GruvizError(f"{file} is not a gruviz recording, nor a model of Keras: {error}") from error
    return _model_facts(given)


def _model_facts(given: argparse.Namespace) -> dict[str, Any]:
    from gruviz.model import checkpoint
    from gruviz.model.networks import choices

    path, answers = given.file, _answers(given)
    listed = choices(path, answers)
    if given.module is None and len(listed) > 1 and listed[0].module is not None:
        networks = [{"network": each.description, "refused": each.refused} for each in listed]
        return {"model": str(path), "networks": networks, "notes": ["--module NAME chooses one of them"]}
    loaded = checkpoint.load(path, given.module, answers)
    decoder = loaded.translator.decoder.architecture.to_json() if loaded.translator else None
    return {
        "model": str(path),
        "source": loaded.source,
        "architecture": loaded.model.architecture.to_json(),
        "decoder": decoder,
        "parameters": sum(parameter.numel() for part in loaded.parts for parameter in part.parameters()),
        "vocabulary": " ".join(map(repr, loaded.symbols)) if loaded.symbols else None,
        "columns": list(loaded.columns),
        "task": loaded.task,
        "result": (loaded.training.get("result") or {}).get("sentence"),
        "training": {key: value for key, value in loaded.training.items() if key not in ("history", "result")},
        "convention": loaded.convention,
        "sha256": loaded.sha256,
        "notes": list(loaded.notes),
    }


def _recording_facts(path: str) -> dict[str, Any]:
    from gruviz import recording

    with recording.open(path) as run:
        return {
            "recording": str(path),
            "uuid": run.uuid,
            "created": run.created,
            "written by": f"gruviz {run.written_by}",
            "complete": run.complete,
            "digest": run.digest,
            "layers": [_layer_facts(layer) for layer in run.layers.values()],
            "tapes": [_tape_facts(run, name) for name in run.tapes],
            "model": run.model.get("file", run.model.get("class")),
            "module": run.model.get("module"),
            "said of the model": run.model.get("answers", {}),
            "proof": run.model.get("proof"),
            "checkpoints": [{"step": step, **about} for step, about in run.checkpoints.items()],
            "training": _course_facts(run),
            "notes": run.model.get("notes", []),
        }


def _course_facts(run: "Recording") -> dict[str, Any]:
    """The course of the training that it was recorded in; nothing where there was none."""
    course = run.training
    if course is None or not len(course.step):
        return {}
    judged = course.metric[course.metric == course.metric]  # a NaN is no value
    return {
        "steps": f"{len(course.step):,} of {course.steps:,}",
        "first loss": f"{course.loss[0]:.4g}",
        "last loss": f"{course.loss[-1]:.4g}",
        **({course.metric_name: f"{judged[-1]:.4g}"} if len(judged) else {}),
    }


def _layer_facts(layer: "Layer") -> dict[str, Any]:
    return {
        "name": layer.name,
        "cell": layer.cell.title,
        "size": layer.size,
        "direction": layer.direction,
        "timesteps": len(layer.tape),
        "quantities": ", ".join(layer.quantities),
        "convention": f"{layer.convention} convention" + (", reset before" if layer.reset == "before" else ""),
        "residual": _residual(layer),
        "dtype": layer.dtype,
        "backend": layer.backend,
        "gradient": "" if layer.gradient is None else f"gradient: {', '.join(layer.gradient.names)}",
    }


def _residual(layer: "Layer") -> str:
    if layer.residual != layer.residual:
        return "residual not known: cut short while recording"
    return f"residual {layer.residual:.2g}{'' if layer.trusted else ' (too large: do not trust these gates)'}"


def _tape_facts(run: "Recording", name: str) -> dict[str, Any]:
    tape = run.tapes[name]
    names = [sequence.name for sequence in tape.sequences]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    return {
        "name": name,
        "timesteps": f"{len(tape):,} timesteps",
        "sequences": f"{len(names):,} sequence{'s' * (len(names) != 1)}: {listed}",
    }


def _layer_line(layer: "Layer") -> str:
    facts = _layer_facts(layer)
    return f"{facts['name']}  {facts['cell']} {facts['size']}  {facts['timesteps']:,} timesteps  {facts['residual']}"


def _training_line(progress: "Progress") -> str:
    if progress.judging is not None:
        return f"step {progress.step:,} of {progress.steps:,}  judging on held-out data, {progress.judging:.0%}"
    left = progress.seconds / progress.step * (progress.steps - progress.step)
    shown = f"step {progress.step:,} of {progress.steps:,}  loss {progress.loss:.4f}  {left:,.0f} s left"
    return f"{shown}  {progress.result.sentence}" if progress.result else shown


def _say_notes(notes: Sequence[str]) -> None:
    for note in dict.fromkeys(notes):
        print(f"note: {note}", file=sys.stderr)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not width.isdecimal() or not height.isdecimal() or not (0 < int(width) <= 16384 and 0 < int(height) <= 16384):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write 1280x800")
    return int(width), int(height)


def _when(text: str) -> str | int | None:
    if text not in ("auto", "sum", "last", "none") and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no timestep: write a number, last or none")
    return None if text == "none" else int(text) if text.isdecimal() else text


def _timesteps(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of timesteps: write 0 or more")
    return int(text)
