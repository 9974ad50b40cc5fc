"""What to do where a figure needs gradients that were not computed."""

import shlex

from gruviz.recording import Layer, LayerWeights, Recording, judged


def command(run: Recording, layer: Layer, loss: bool) -> str:
    """The command that adds them to a recording: those of a `loss`, or what states depend on alone.

    What it takes from the file of the model is asked for by MODEL.
    """
    tape = layer.tape
    held = [each for each in run.layers.values() if each.tape is tape]
    weighted = all(LayerWeights(run, each, 0).matrix("weight_hh", slice(0, 1)) is not None for each in held)
    read_out = run.weight("readout.weight", slice(0), tape.sequences[0].checkpoint) is not None
    words = ["gruviz", "gradient", shlex.quote(str(run.path or "RUN.h5"))]
    others = [name for name, each in run.tapes.items() if "values" in each.outputs] or list(run.tapes)
    words += ["--tape", shlex.quote(tape.name)] * (others[0] != tape.name)
    words += ["--loss", "sum"] * loss
    words += ["--model", "MODEL"] * (not weighted or (loss and not read_out))
    return " ".join(words)


def for_a_loss(run: Recording, layer: Layer) -> str:
    """How to have the gradient of a loss, or why there is none to be had."""
    if judged(run, layer.tape.name):
        return f"compute it, {command(run, layer, loss=True)}"
    return (
        "it does not say what would have been right, so there is no loss; the figure paths needs none, after "
        f"{command(run, layer, loss=False)}"
    )
