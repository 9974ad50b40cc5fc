"""`gruviz record`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gruviz.arguments import Line, Parser, interruptible, say_notes, timesteps
from gruviz.cli._answers import add_answers, answers_of
from gruviz.cli._facts import layer_line
from gruviz.cli._reading import add_reading, reading_of
from gruviz.errors import GruvizError


def record(arguments: Sequence[str]) -> int:
    """`gruviz record`."""
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
    add_answers(parser)
    parser.add_argument("--vocabulary", metavar="FILE", help="of a text model without one: a symbol a line, or JSON")
    add_reading(parser)
    parser.add_argument("--range", type=timesteps, metavar="A:B", help="only these timesteps of each input")
    parser.add_argument("--count", type=int, default=16, metavar="N", help="how many sequences task:NAME makes up")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for task:NAME")
    given = parser.parse_args(arguments)

    from gruviz.model import checkpoint
    from gruviz.model.inputs import notes_on, read_inputs, with_vocabulary
    from gruviz.model.run import record_sequences
    from gruviz.sequences import Vocabulary

    how = reading_of(given)
    loaded = checkpoint.load(given.model, given.module, answers_of(given))
    if given.vocabulary:
        loaded = with_vocabulary(loaded, Vocabulary.read(given.vocabulary), given.vocabulary)
    read = read_inputs(loaded, given.inputs, how, steps=given.range, count=given.count, seed=given.seed)
    expect = _array(given.expect) if given.expect else None
    say_notes((*loaded.notes, *notes_on(read)))
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
            print(layer_line(layer))
        print(f"Saved {run.path}." if run.complete else f"Stopped; what was recorded until then is in {run.path}.")
        if proof := run.model.get("proof"):
            print(f"The model is {proof}.")
        elif expect is not None:
            print(f"The outputs are those of {given.expect}.")
        return 0 if run.complete else 130


def _array(path: str) -> Any:
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise GruvizError(f"cannot read {path} as an array: give a .npy file of numbers ({error})") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise GruvizError(f"{path} is not one array of numbers: save one with numpy.save")
    return array
