"""Make the demo: train a GRU on Shakespeare's sonnets and record it reading a few of them.

    make demo-assets

Writes assets/demo.safetensors and assets/demo.h5. The last tenth of the text is held out from training; sonnet CLI lies
in it, the others that are recorded do not.
"""

import re
import sys
from pathlib import Path

from gruviz import sequences
from gruviz.model import checkpoint, tasks
from gruviz.model.run import record_sequences
from gruviz.model.training import Progress, train

ASSETS = Path(__file__).parents[1] / "assets"
SONNETS = ("XVIII", "CXVI", "CLI")
SEED = 0


def main() -> None:
    text = sequences.read(ASSETS / "data" / "sonnets.txt")
    trained = train(tasks.make("char", text), seed=SEED, on_progress=tell)
    trained.save(ASSETS / "demo.safetensors")
    print(trained.result.sentence)
    chosen = [sonnet(text.text or "", numeral) for numeral in SONNETS]
    loaded = checkpoint.load(ASSETS / "demo.safetensors")
    with record_sequences(loaded, chosen, ASSETS / "demo.h5", device="cpu", about={"file": "demo.safetensors"}) as run:
        print(run)
    for name in ("demo.safetensors", "demo.h5"):
        print(f"assets/{name}: {(ASSETS / name).stat().st_size / 1e6:.1f} MB")


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
    main()
