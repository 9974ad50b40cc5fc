"""A second process that records, told by lines what to do next, so that tests know what is in its file."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

UNITS = 12


class Writing:
    """The process, from the side of the test."""

    def __init__(self, kind: str, path: Path) -> None:
        command = [sys.executable, __file__, kind, str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.part = path.with_name(path.name + ".part")
        assert self._answer() == "ready"

    def do(self, *words: object) -> None:
        """Tell it one thing, and wait until it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        assert self._answer() == "done"

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()


def _write(path: str) -> None:
    """`begin`, `append N`, `end`, `close`: with the writer."""
    from gruviz.cells import GRU
    from gruviz.recording import Block, Writer

    rng = np.random.default_rng(0)
    writer = Writer(path)
    writer.add_tape("main", vocabulary=["a", "b", "c"])
    writer.add_layer("rnn.l0", tape="main", cell=GRU, size=UNITS)
    writer.flush()
    number, before = 0, np.zeros((1, UNITS), np.float32)
    for what, *arguments in _told():
        if what == "begin":
            writer.begin("main", f"text {number}", initial={"rnn.l0": {"hidden": before[0]}}, pass_=number)
            number += 1
        elif what == "append":
            count = int(arguments[0])
            values = {name: rng.random((count, UNITS), np.float32) for name in GRU.names}
            previous = np.concatenate([before, values["hidden"][:-1]])
            before = values["hidden"][-1:]
            writer.append("main", {"rnn.l0": Block(values, previous, 2e-7)}, tokens=np.arange(count) % 3)
        elif what == "end":
            writer.end("main")
        if what == "close":
            writer.close()
        else:
            writer.flush()


def _train(path: str) -> None:
    """`step N`: trains a network on two sequences of 30 timesteps, and records every second step."""
    import torch

    import gruviz

    torch.manual_seed(0)
    model = torch.nn.GRU(3, UNITS, batch_first=True)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    with gruviz.Recorder(model, path, every=2) as recorder:
        recorder._writer.flush()
        for _, count in _told():
            for _ in range(int(count)):
                optimiser.zero_grad()
                model(torch.randn(2, 30, 3))[0].square().mean().backward()
                optimiser.step()


def _told():
    print("ready", flush=True)
    for line in sys.stdin:
        yield line.split()
        print("done", flush=True)


if __name__ == "__main__":
    {"write": _write, "train": _train}[sys.argv[1]](sys.argv[2])
