"""Where a network runs: the processor, an NVIDIA GPU or Apple's."""

import os
from pathlib import Path

import torch

from gruviz.errors import GruvizError

NAMES = ("auto", "cpu", "cuda", "mps")


def pick(name: str, dtype: str = "float32") -> torch.device:
    """Return the device called `auto`, `cpu`, `cuda` or `mps`; `auto` is the fastest there is that computes in `dtype`.

    Raises GruvizError where that device is not there, saying what is.
    """
    there = ["cpu"]
    if torch.backends.mps.is_available() and dtype != "float64":  # which MPS does not have
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    if name not in NAMES:
        raise GruvizError(f"there is no device called {name!r}: choose one of {', '.join(NAMES)}")
    if name != "auto" and name not in there:
        raise GruvizError(
            f"PyTorch finds no {name} device for {dtype} here, only {' and '.join(there)}: use one of these, or auto"
        )
    chosen = there[0] if name == "auto" else name
    return torch.device("cuda", torch.cuda.current_device()) if chosen == "cuda" else torch.device(chosen)


def describe(device: torch.device) -> str:
    """Return the device in words: `cuda:0 NVIDIA H200`, `mps`, `cpu, 2 threads`."""
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return f"cuda:{index} {torch.cuda.get_device_name(index)}"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu, {threads} thread{'s' if threads != 1 else ''}"
    return str(device)


def memory(device: torch.device) -> str:
    """Return how much memory is taken, in words: a GPU's by torch, of all that it has; for a CPU the process's own."""
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return f"{_gigabytes(torch.cuda.memory_allocated(device))} of {_gigabytes(total)}"
    if device.type == "mps":
        return _gigabytes(torch.mps.current_allocated_memory())
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # no Linux
        return ""
    return _gigabytes(pages * os.sysconf("SC_PAGE_SIZE"))


def leave_a_core() -> None:
    """Let torch use all cores of the CPU but one, so that a window beside it stays quick."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:.2f} GB"
