"""A comparison as a table: for a window, for Markdown, and as plain numbers for a spreadsheet."""

import csv
import io
import math
from pathlib import Path

from gruviz.cells import CELLS
from gruviz.comparison import Comparison, Model, write_whole

MARKDOWN, CSV = "table.md", "table.csv"
_BETWEEN = " to "
_GRADIENT = (
    "gradient: |dL/dh| that many timesteps before a loss over |dL/dh| where the loss is, as initialised → trained."
)


def head(found: Comparison) -> list[str]:
    """What stands over the columns."""
    times = ["ms a step"] + ["s an epoch"] * (found.epoch is not None)
    gradient = [] if found.lag is None else [f"gradient {found.lag:,} steps back"]
    return ["cell", "hidden units", "parameters", found.metric, "runs", *gradient, *times, "MB a step", "kernel"]


def rows(found: Comparison) -> list[list[str]]:
    """A row for each kind of cell, and one for the baseline: means over runs, with the lowest and the highest."""
    made = []
    for model in found.models:
        failed = sum(bool(run.failed) for run in found.of(model.cell))
        runs = f"{len(found.of(model.cell))}" + (f", {failed} failed" if failed else "")
        low, middle, high = (1e3 * each for each in model.step)
        times = [f"{number(middle)} ({number(low)}{_BETWEEN}{number(high)})"]
        if found.epoch is not None:
            times.append(number(model.step[1] * found.epoch))
        made.append(
            [
                CELLS[model.cell].title,
                f"{model.hidden:,}",
                f"{model.parameters:,}",
                spread(found.results(model.cell)),
                runs,
                *([] if found.lag is None else [_gradient(found, model.cell)]),
                *times,
                number(model.memory.total / 1e6),
                model.kernel,
            ]
        )
    baseline = [found.baseline_name, "", "", number(found.baseline)]
    return [*made, baseline + [""] * (len(head(found)) - len(baseline))]


def caption(found: Comparison) -> list[str]:
    """What holds for the whole table, a sentence each."""
    asked, first = found.asked, found.models[0]
    settings = ", ".join(f"{name} {value}" for name, value in asked.task.items() if name not in ("name", "trained_on"))
    counts = [model.parameters for model in found.models]
    within = f"{max(counts) / min(counts) - 1:.1%}".replace("%", " %")
    alike = "hidden units" if asked.equal == "hidden" else f"parameters, within {within}"
    done = min(len(found.of(model.cell)) for model in found.models)
    told = [
        f"{asked.task['name']}: {found.title}{f' ({settings})' if settings else ''}.",
        f"Equal {alike}; {asked.steps:,} steps of {found.batch} sequences, learning rate {found.learning_rate:g}.",
        f"{found.metric}: held-out data, {'higher' if found.higher_is_better else 'lower'} is better; mean over runs "
        "(lowest to highest). The same batches for all cells, another seed for each run.",
        f"ms a step: median (quartiles) of {first.timed} training steps, the cells in turns. {found.machine}.",
    ]
    if done < found.seeds:
        there = ", ".join(f"{CELLS[model.cell].title} {len(found.of(model.cell))}" for model in found.models)
        told.append(f"Not complete: of {found.seeds} runs each, there are {there}.")
    failed = [run for run in found.runs if run.failed]
    return [*told, *(f"{CELLS[run.cell].title}, seed {run.seed}: {run.failed}." for run in failed)]


def markdown(found: Comparison) -> str:
    """The table, what it is about, and the command that makes it."""
    lines = ["| " + " | ".join(row) + " |" for row in (head(found), *rows(found))]
    lines.insert(1, "|" + "---|" * len(head(found)))
    more = [] if found.lag is None else [_GRADIENT]
    more.append("MB a step: weights, gradients, what AdamW remembers, and what autograd keeps of one batch.")
    return "\n".join([*lines, "", " ".join([*caption(found), *more]), "", f"`{' '.join(found.command)} -o FOLDER`", ""])


def plain(found: Comparison) -> str:
    """All numbers as CSV, with a point in them, in seconds and bytes."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    listed = [_plain_row(found, model) for model in found.models]
    writer.writerow(listed[0])
    writer.writerows(row.values() for row in listed)
    return buffer.getvalue()


def _plain_row(found: Comparison, model: Model) -> dict[str, object]:
    runs, results, memory = found.of(model.cell), found.results(model.cell), model.memory
    return {
        "cell": model.cell,
        "hidden": model.hidden,
        "parameters": model.parameters,
        "metric": found.metric,
        "baseline": found.baseline,
        "runs": len(runs),
        "failed": sum(bool(run.failed) for run in runs),
        "mean": sum(results) / len(results) if results else "",
        "lowest": min(results) if results else "",
        "highest": max(results) if results else "",
        "step_seconds": model.step[1],
        "step_lower_quartile": model.step[0],
        "step_upper_quartile": model.step[2],
        "epoch_seconds": "" if found.epoch is None else model.step[1] * found.epoch,
        "training_seconds": sum(run.seconds for run in runs) / len(runs) if runs else "",
        "weights_bytes": memory.weights,
        "gradients_bytes": memory.gradients,
        "optimizer_bytes": memory.optimizer,
        "activations_bytes": memory.activations,
        "gradient_lag": "" if found.lag is None else found.lag,
        "log10_gradient_initialised": _known(found.shrunk(model.cell, trained=False)),
        "log10_gradient_trained": _known(found.shrunk(model.cell, trained=True)),
    }


def _known(value: float | None) -> float | str:
    return "" if value is None else value


def _gradient(found: Comparison, cell: str) -> str:
    """How much is left of the gradient, before and after training."""
    return " → ".join(_power(found.shrunk(cell, trained)) for trained in (False, True))


def _power(logarithm: float | None) -> str:
    """10 to the power of it, with one digit; it may be too small for a float."""
    if logarithm is None:
        return "–"
    exponent = math.floor(logarithm)
    digit = round(10 ** (logarithm - exponent))
    digit, exponent = (1, exponent + 1) if digit == 10 else (digit, exponent)
    return f"{digit}e{exponent}".replace("-", "−")


def save_tables(found: Comparison, folder: Path) -> None:
    """Write both tables into a folder. Raises GruvizError."""
    write_whole(folder / MARKDOWN, markdown(found))
    write_whole(folder / CSV, plain(found))


def spread(values: list[float]) -> str:
    """The mean, with the lowest and the highest where there are several."""
    if not values:
        return "–"
    mean = number(sum(values) / len(values))
    return f"{mean} ({number(min(values))}{_BETWEEN}{number(max(values))})" if len(values) > 1 else mean


def number(value: float) -> str:
    """Three significant digits, and a minus sign that is one."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:#.3g}".rstrip(".").replace("-", "−")
