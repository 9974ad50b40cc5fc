"""What is in a recording, in plain values."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gruviz.recording import Layer, Recording


def facts_of(path: str) -> dict[str, Any]:
    """All of it. Raises GruvizError where it is none."""
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


def layer_line(layer: "Layer") -> str:
    """A layer in a line."""
    facts = _layer_facts(layer)
    return f"{facts['name']}  {facts['cell']} {facts['size']}  {facts['timesteps']:,} timesteps  {facts['residual']}"


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
