"""gruviz: see what a gated recurrent network keeps and what it overwrites, timestep by timestep.

    import gruviz
    run = gruviz.record(model, x, path="run.h5")
    run = gruviz.open("run.h5")
    run.layers["rnn.l0"]["update"][:100]

The public names are imported when they are first used, so that `gruviz.open` needs no torch.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gruviz import analysis, figures
    from gruviz.model.recorder import Recorder, record
    from gruviz.recording import open

__all__ = ["Recorder", "__version__", "analysis", "figures", "open", "record"]

_WHERE = {"record": "gruviz.model.recorder", "Recorder": "gruviz.model.recorder", "open": "gruviz.recording"}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("gruviz")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in ("analysis", "figures"):
        return import_module(f"gruviz.{name}")
    raise AttributeError(f"module 'gruviz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
