"""The names and numbers of the file format. Section "File format" of the README describes it for other readers."""

from typing import Final

FORMAT: Final = "gruviz-recording"
VERSION: Final = 1
SUFFIX: Final = ".h5"
PARTIAL: Final = ".part"
"""Added to the name of a recording that is still being written."""

CHUNK_ROWS: Final = 1024
CHUNK_UNITS: Final = 64
"""Chunks are long in time and narrow in units: a window over all units and one unit over all time both read quickly."""
SMALL_CHUNK_ROWS: Final = 64
"""For what has few rows, a pyramid above all: a chunk takes its full size in the file, however little it holds."""

FACTOR: Final = 16
"""Timesteps in a block of the pyramid's first level."""
STEP: Final = 4
"""Blocks of one level in a block of the next."""
ENOUGH: Final = 256
"""Blocks that the coarsest level has at least, for the longest sequence."""
STATISTICS: Final = ("mean", "min", "max")

NO_CHECKPOINT: Final = -1
"""The checkpoint of a sequence whose model was not in training."""

TOLERANCE: Final = {"float32": 1e-5, "float64": 1e-5, "tf32": 5e-3, "float16": 5e-3, "bfloat16": 3e-2}
"""A residual above this, for the dtype that the layer ran in, is a warning."""


def chunk_units(units: int) -> int:
    """Columns of a chunk of an (N, units) dataset: about 64, so that they divide the units evenly."""
    pieces = max(1, -(-units // CHUNK_UNITS))
    return max(1, -(-units // pieces))


def blocks(length: int, factor: int) -> int:
    """How many blocks of `factor` timesteps a sequence of `length` has; the last may be shorter."""
    return -(-length // factor)
