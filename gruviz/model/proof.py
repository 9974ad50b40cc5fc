"""Whether a model does here what it did where it comes from: its outputs, held against reference outputs."""

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError
from gruviz.recording.schema import TOLERANCE

NOT_PROVED = "not proved against reference outputs"
"""What is said of another program's model that was held against nothing."""


class Proof:
    """Compares the outputs of a model, as they come, with those that are expected."""

    def __init__(self, expected: NDArray[np.floating]) -> None:
        """Take (T, O) outputs of one sequence. Raises GruvizError where they are none."""
        if expected.ndim != 2 or not expected.size or not np.isfinite(expected).all():
            raise GruvizError(
                f"the expected outputs have the shape {expected.shape}: they are finite numbers, one row a timestep"
            )
        self.expected = expected
        self.difference = 0.0
        """The largest one until now."""

    def compare(self, outputs: NDArray[np.float64], rows: slice) -> None:
        """Hold outputs (n, O) at these timesteps against the expected ones. Raises GruvizError for other shapes."""
        expected = self.expected[rows]
        if expected.shape[1] != outputs.shape[1]:
            raise GruvizError(
                f"the expected outputs have {expected.shape[1]} columns, the model gives {outputs.shape[1]}"
            )
        if expected.shape != outputs.shape:
            raise GruvizError(f"the expected outputs have {len(expected)} rows, the model gives {len(outputs)}")
        worst = float(np.abs(outputs - expected).max())
        self.difference = max(self.difference, np.inf if np.isnan(worst) else worst)

    @property
    def holds(self) -> bool:
        """Whether they are the same, as nearly as float32 can tell: within 1e-5, or that share of the largest."""
        return self.difference <= TOLERANCE["float32"] * max(1.0, float(np.abs(self.expected).max()))

    def describe(self) -> str:
        """What came of it, after "the model is"."""
        if self.holds:
            return f"proved against reference outputs: they differ by {self.difference:.1e} at most"
        return f"not what it was where its reference outputs come from: they differ by up to {self.difference:.1e}"
