"""What a training step costs: its time, with the cells in turns, and what it holds in memory."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gruviz.comparison import Memory
from gruviz.model.network import build
from gruviz.model.tasks import Task
from gruviz.model.tasks._task import seeded
from gruviz.model.training import Progress, train

TURNS = 5
COUNTED = 20
"""Steps in a turn that are timed, at most."""
WARM = 3
"""Steps before them: the first ones make buffers."""
_SECONDS = 2.0
"""That the timed steps of a turn take, about, at most."""
_FAR = 100_000
"""Steps that a training is told it has, so that it does not stop to be judged."""


def step_times(
    task: Task,
    sizes: Mapping[str, int],
    steps: int,
    device: torch.device,
    on_progress: Callable[[float], None],
) -> tuple[dict[str, NDArray[np.float64]], str]:
    """Measure the seconds of training steps of each kind, (n,), and say where they ran.

    The kinds take turns, a few steps each, and begin in another order every time: whatever else the machine does meets
    them all alike. In a turn no more are timed than the `steps` that a training is to have. `on_progress` is told
    before each turn which fraction is done, and may raise what ends it.
    """
    found: dict[str, list[float]] = {cell: [] for cell in sizes}
    order, where = list(sizes), ""
    for turn in range(TURNS):
        for place, cell in enumerate(order[turn % len(order) :] + order[: turn % len(order)]):
            on_progress((turn + place / len(order)) / TURNS)
            seconds, where = _turn(task, cell, sizes[cell], min(steps, COUNTED), device)
            found[cell] += seconds
    return {cell: np.array(times) for cell, times in found.items()}, where


def _turn(task: Task, cell: str, hidden: int, most: int, device: torch.device) -> tuple[list[float], str]:
    """The seconds of a few steps after the first ones, and where they ran."""
    ends: list[float] = []

    def watch(progress: Progress) -> bool:
        ends.append(progress.seconds)
        timed = len(ends) - 1 - WARM
        return timed < most and (timed < 1 or ends[-1] - ends[WARM] < _SECONDS)

    trained = train(task, cell=cell, hidden=hidden, steps=_FAR, device=device, on_progress=watch)
    return np.diff(ends[WARM:]).tolist(), trained.device


def footprint(task: Task, cell: str, hidden: int, device: torch.device) -> tuple[Memory, str]:
    """Measure what a training step holds, and see what computes it.

    Activations are the storages that autograd saves on the way forward of one batch, each counted once, without the
    weights themselves.
    """
    model = build(task.architecture(cell, hidden, 1), 0).to(device).train()
    batch = task.batch(seeded(0)).to(device)
    weights = {each.untyped_storage().data_ptr(): each.untyped_storage().nbytes() for each in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    randomness = torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])
    with randomness, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = task.loss(model(batch.inputs)[0], batch)
    kernel = _kernel(loss)
    optimizer = torch.optim.AdamW(model.parameters())
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = sum(each.grad.nbytes for each in model.parameters() if each.grad is not None)
    optimizer.step()
    remembered = sum(
        value.nbytes for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)
    )
    activations = sum(size for place, size in kept.items() if place not in weights)
    return Memory(sum(weights.values()), gradients, remembered, activations), kernel


_KERNELS = {
    "MkldnnRnnLayer": "oneDNN, fused over time",
    "CudnnRnn": "cuDNN, fused over time",
    "MiopenRnn": "MIOpen, fused over time",
    "MpsLstm": "MPS, fused over time",
    "LstmMps": "MPS, fused over time",
}


def _kernel(loss: Tensor) -> str:
    """What the recurrent layer ran on, by the steps that autograd wrote down."""
    seen, ahead = set(), [loss.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        for name, said in _KERNELS.items():
            if node.name().startswith(name):
                return said
        ahead += [each for each, _ in node.next_functions]
    return "PyTorch, timestep by timestep"
