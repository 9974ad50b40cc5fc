"""What recording costs: beside the plain forward pass, beside the explicit step loop, beside plain HDF5."""

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import nn

import gruviz
from benchmarks.rows import Row, ratio
from gruviz.cells import GRU
from gruviz.recording import Block, Writer


def record_vs_forward() -> Row:
    """`record()` with its file, checksums, pyramid, counts and digest, against the plain forward pass."""
    module, x = made(20_000, 256)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        paths = (Path(folder) / f"run-{number}.h5" for number in count())
        value, mine, plain = ratio(lambda: gruviz.record(module, x, path=next(paths)).close(), lambda: module(x))
    return Row(
        "record_vs_forward", value, "ratio", "<= 2.0", f"T = 20,000, H = 256: {mine:.2f} s against {plain:.2f} s"
    )


def record_lstm_vs_forward() -> Row:
    """The same for an LSTM: its forward pass is fused on the CPU, its cell states are not given out."""
    module, x = made(20_000, 256, nn.LSTM)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        paths = (Path(folder) / f"run-{number}.h5" for number in count())
        value, mine, plain = ratio(lambda: gruviz.record(module, x, path=next(paths)).close(), lambda: module(x))
    detail = f"T = 20,000, H = 256: {mine:.2f} s against {plain:.2f} s"
    return Row("record_lstm_vs_forward", value, "ratio", "<= 5.0", detail)


def record_vs_loop() -> Row:
    """The explicit step loop that keeps every gate in memory, against `record()` with its file."""
    module, x = made(20_000, 64)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        paths = (Path(folder) / f"run-{number}.h5" for number in count())
        value, loop, mine = ratio(
            lambda: step_loop(module, x), lambda: gruviz.record(module, x, path=next(paths)).close(), times=3
        )
    return Row("record_vs_loop", value, "ratio", ">= 2.5", f"T = 20,000, H = 64: {loop:.2f} s against {mine:.2f} s")


def write_vs_hdf5() -> Row:
    """Throughput of writing a recording, against the same arrays into plain chunked HDF5."""
    rng = np.random.default_rng(0)
    values = {name: rng.random((100_000, 128), np.float32) for name in GRU.names}
    with tempfile.TemporaryDirectory() as folder:
        paths = (Path(folder) / f"{number}.h5" for number in count())
        value, plain, mine = ratio(
            lambda: write_plain(next(paths), values), lambda: write_recording(next(paths), values)
        )
    return Row("write_vs_hdf5", value, "ratio", ">= 0.15", f"205 MB: {plain:.2f} s against {mine:.2f} s")


ROWS: dict[str, Callable[[], Row]] = {
    function.__name__: function
    for function in (record_vs_forward, record_lstm_vs_forward, record_vs_loop, write_vs_hdf5)
}


def made(timesteps: int, hidden: int, kind: type[nn.RNNBase] = nn.GRU) -> tuple[nn.RNNBase, torch.Tensor]:
    torch.manual_seed(0)
    module = kind(hidden, hidden, batch_first=True).eval()
    return module, torch.randn(1, timesteps, hidden)


def step_loop(module: nn.RNNBase, x: torch.Tensor) -> list[torch.Tensor]:
    """What people write today: one timestep after the other, the equations as they stand in the documentation."""
    W_ih, W_hh, b_ih, b_hh = (parameter for _, parameter in module.named_parameters())
    h = torch.zeros(module.hidden_size)
    kept = []
    for t in range(x.shape[1]):
        x_r, x_z, x_n = nn.functional.linear(x[0, t], W_ih, b_ih).chunk(3)
        h_r, h_z, h_n = nn.functional.linear(h, W_hh, b_hh).chunk(3)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        h = (1 - z) * n + z * h
        kept.append(torch.stack([r, z, n, h]))
    return kept


def write_plain(path: Path, values: dict[str, np.ndarray]) -> None:
    with h5py.File(path, "w") as file:
        for name, array in values.items():
            file.create_dataset(name, data=array, chunks=(1024, 64))


def write_recording(path: Path, values: dict[str, np.ndarray]) -> None:
    size = values["hidden"].shape[1]
    with Writer(path) as writer:
        writer.add_tape("main")
        writer.add_layer("l0", tape="main", cell=GRU, size=size)
        writer.begin("main", "noise", initial={"l0": {"hidden": np.zeros(size, np.float32)}})
        for start in range(0, len(values["hidden"]), 8192):
            part = {name: array[start : start + 8192] for name, array in values.items()}
            writer.append("main", {"l0": Block(part, part["hidden"])})
        writer.end("main", {"l0": 0.0})
