"""Whether a recording says what would have been right."""

from gruviz.recording.reader import Recording


def judged(recording: Recording, tape: str) -> bool:
    """Whether the sequences of a tape can have a loss: outputs, and what they should have been."""
    outputs, task = recording.tapes[tape].outputs, recording.model.get("task")
    series = isinstance(task, dict) and task.get("name") == "series"
    return "values" in outputs and ("targets" in outputs or "wanted" in outputs or series)
