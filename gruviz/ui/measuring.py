"""Working out gradients on a thread of its own: from the recording that is open, into its file."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gruviz.errors import GruvizError
from gruviz.ui.garbage import importing
from gruviz.ui.jobs import CancelledError, Done, Progress, Report, load_torch, say


@dataclass(frozen=True)
class Measuring:
    """What to work out of one sequence."""

    path: str
    tape: str
    sequence: int
    loss: str | int | None
    """As `gruviz.model.measuring.Wanted` has it: `auto` is the sum, if there is a loss."""
    reach: str | int
    since: int | None
    model: str = ""
    """The file of the model, where the recording lacks weights or the read-out; empty for none."""
    weights: str = ""
    """The SHA-256 of the weights that it was recorded with."""
    output: str = ""
    """A copy to add them to, where the recording itself is to stay as it is; empty for none."""
    needed: bool = False
    """Whether nothing can be done without that file."""

    def __call__(self, report: Report) -> Done:
        """Compute, and add it to the recording. Raises GruvizError."""
        with importing():
            load_torch(report)
            from gruviz.model import checkpoint, device
            from gruviz.model.measuring import Wanted, measure
            from gruviz.model.run import weights_of

        device.leave_a_core()
        model = None
        if self.model:
            say(report, f"loading {Path(self.model).name}")
            model = checkpoint.load(self.model)
            if self.weights not in ("", model.sha256):
                if self.needed:
                    raise GruvizError(
                        f"{self.model} has other weights than the model of this recording: choose another"
                    )
                model = None  # it was guessed by its name, and all but a loss can do without

        if self.output:
            _copy(self.path, self.output)

        def watch(done: int, total: int) -> bool:
            return report(Progress(done / max(total, 1), f"{done / max(total, 1):.0%} of the gradients"))

        path, wanted = self.output or self.path, Wanted(loss=self.loss, reach=self.reach, since=self.since)
        try:
            done = measure(path, wanted, tape=self.tape, sequences=[self.sequence], model=model, on_progress=watch)
        except GruvizError:
            self._drop()
            raise
        if not done:
            self._drop()
            raise CancelledError
        if model is None:
            return Done(path, "Gradients added")
        return Done(path, "Gradients added", weights=model.sha256, lent=weights_of(model))

    def _drop(self) -> None:
        """Leave no copy behind that nothing was added to."""
        if self.output:
            Path(self.output).unlink(missing_ok=True)


def _copy(path: str, output: str) -> None:
    try:
        shutil.copyfile(path, output)
    except OSError as error:
        raise GruvizError(f"cannot copy {path} to {output}: {os.strerror(error.errno or 0).lower()}") from error
