"""Make the demo: train a GRU, an LSTM and a plain RNN on Shakespeare's sonnets, and record them reading a few of them.

    make demo-assets

Writes assets/demo.safetensors and assets/demo.h5, the GRU reading three sonnets, and the same named demo-rnn and
demo-lstm, the other two reading the first of them; the gradients through time of that one stand in all. The last tenth
of the text is held out from training; sonnet CLI lies in it, the others that are recorded do not. All three have as
many hidden units and as many steps of training.
"""

import re
import sys
from pathlib import Path

from gruviz import sequences
from gruviz.model import checkpoint, tasks
from gruviz.model.measuring import Wanted, measure
from gruviz.model.run import record_sequences
from gruviz.model.training import Progress, train

ASSETS = Path(__file__).parents[1] / "assets"
SONNETS = ("XVIII", "CXVI", "CLI")
SEED = 0
LOSS = 80
"""The timestep whose loss is followed back through time: the end of the second line is read."""


def main(folder: Path = ASSETS) -> None:
    text = sequences.read(ASSETS / "data" / "sonnets.txt")
    chosen = [sonnet(text.text or "", numeral) for numeral in SONNETS]
    for cell, name in (("gru", "demo"), ("rnn", "demo-rnn"), ("lstm", "demo-lstm")):
        trained = train(tasks.make("char", text), cell=cell, seed=SEED, on_progress=tell)
        model, recording = folder / f"{name}.safetensors", folder / f"{name}.h5"
        trained.save(model)
        print(f"{cell}: {trained.result.sentence}")
        read = chosen if cell == "gru" else chosen[:1]
        with record_sequences(checkpoint.load(model), read, recording, device="cpu", about={"file": model.name}) as run:
            print(run)
        measure(recording, Wanted(loss=LOSS, reach=LOSS), sequences=[0])
        print(f"{recording.name}: {recording.stat().st_size / 1e6:.1f} MB")


def sonnet(text: str, numeral: str) -> sequences.Sequence:
    """The sonnet under this heading, fourteen lines without it."""
    found = re.search(rf"^{numeral}\n\n(.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"there is no sonnet {numeral} in the text")
    return sequences.Sequence(f"Sonnet {numeral}", text=found[1] + "\n")


def tell(progress: Progress) -> None:
    if progress.result:
        print(f"step {progress.step} of {progress.steps}: {progress.result.sentence}", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
