"""`gruviz train`."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gruviz.arguments import Line, Parser, interruptible, say_notes
from gruviz.cli._reading import add_reading, reading_of
from gruviz.cli._task import add_task

if TYPE_CHECKING:
    from gruviz.model.training import Progress


def train(arguments: Sequence[str]) -> int:
    """`gruviz train`."""
    parser = Parser(
        prog="gruviz train",
        description="Train a network from scratch and save it with all that is needed to use it.",
        epilog="tasks: char (the next character of --text), series (the next row of the numeric columns of --data); "
        "copy, adding, flipflop and anbn make up their own sequences",
    )
    add_task(parser)
    add_reading(parser)
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
    data = sequences.read(path, reading_of(given)) if path else None
    task = tasks.make(given.task, data)
    say_notes(data.notes if data else ())
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


def _training_line(progress: "Progress") -> str:
    if progress.judging is not None:
        return f"step {progress.step:,} of {progress.steps:,}  judging on held-out data, {progress.judging:.0%}"
    left = progress.seconds / progress.step * (progress.steps - progress.step)
    shown = f"step {progress.step:,} of {progress.steps:,}  loss {progress.loss:.4f}  {left:,.0f} s left"
    return f"{shown}  {progress.result.sentence}" if progress.result else shown
