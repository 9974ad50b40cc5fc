"""Options of a figure as words of the command line."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from gruviz.figures._style import Style


def words(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What `gruviz export RUN FIGURE` has to be followed by.

    Args:
        options: as the figure's function takes them, plain values.
    """
    said: list[str] = []
    for name, value in options.items():
        if name == "style":
            said += _style(Style.of(value))
        elif name == "start":
            said += ["--range", f"{value}:{options['stop']}"]
        elif isinstance(value, bool):
            said.append(f"--{'' if value else 'no-'}{name}")
        elif name in ("units", "marked"):
            said += [f"--{name}", value if isinstance(value, str) else numbers(value)]
        elif name != "stop":
            said += [f"--{name}", word(value)]
    return tuple(said)


def numbers(listed: Sequence[int]) -> str:
    """A list of numbers in their order, those that follow each other as `first:last + 1`."""
    cuts = [0, *(at for at in range(1, len(listed)) if listed[at] != listed[at - 1] + 1), len(listed)]
    runs = [listed[first:last] for first, last in pairwise(cuts) if last > first]
    return ",".join(f"{run[0]}:{run[-1] + 1}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _style(style: Style) -> list[str]:
    """What differs from the style that is drawn without any."""
    usual = Style()
    said = ["--style", style.name] * (style.name != usual.name)
    said += ["--width", f"{style.width:g}"] * (style.width != Style(style.name).width)
    said += ["--font", style.font] * (style.font != usual.font)
    return said + ["--grey"] * style.grey + ["--dark"] * style.dark


def word(value: Any) -> str:
    """One value."""
    if isinstance(value, list | tuple):
        return ",".join(map(word, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
