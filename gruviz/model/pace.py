"""How much a network reads at a time, so that whoever waits for it is soon heard."""

from torch import nn

_WORK = 4e8
"""Multiplications: 0.1 to 0.2 s on one core, with replay and writing (measured with GRUs of 256 to 2,048 units)."""
_FASTER = 16
"""How many times as many an accelerator gets."""
_LEAST, _MOST = 16, 8192


def steps_at_a_time(model: nn.Module, batch: int, least: int = _LEAST) -> int:
    """Return how many timesteps `model` should read at once, `batch` sequences beside each other; never under `least`.

    A way back through them, to learn, takes about twice as long.
    """
    # Of an embedding one row a timestep is read, however large it is.
    modules = (module for module in model.modules() if not isinstance(module, nn.Embedding))
    weights = [weight for module in modules for weight in module.parameters(recurse=False)]
    work = _WORK if all(weight.device.type == "cpu" for weight in weights) else _FASTER * _WORK
    each = batch * sum(weight.numel() for weight in weights)
    return int(min(max(work / max(each, 1), least), _MOST))
