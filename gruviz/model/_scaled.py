"""Rows of numbers with a power of two of their own: gradients vanish and explode beyond what a float holds."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LOG10_2 = math.log10(2)
_FAR = 30
"""What has its largest number beyond 2^±30 is scaled anew."""
_MOST = 100
"""Powers of two that are multiplied by at a time."""


@dataclass(frozen=True)
class Scaled:
    """Rows, (n, W), each of them `values * 2 ** exponents`."""

    values: Tensor
    exponents: Tensor
    """(n,) int64"""

    @classmethod
    def plain(cls, values: Tensor) -> "Scaled":
        """Numbers as they are."""
        return cls(values, torch.zeros(len(values), dtype=torch.int64))

    def __add__(self, other: "Scaled") -> "Scaled":
        mine, its = self._weighing(), other._weighing()
        exponents = torch.maximum(mine, its)
        exponents = torch.where(exponents == _NOTHING, 0, exponents)
        return Scaled(self._at(exponents) + other._at(exponents), exponents)

    def __matmul__(self, matrix: Tensor) -> "Scaled":
        return Scaled(self.values @ matrix, self.exponents)

    def log10_norms(self) -> NDArray[np.float64]:
        """log10 of the Euclidean norm of each row, (n,): minus infinity for zero."""
        return log10(torch.linalg.vector_norm(self.values, dim=-1), self.exponents)

    def directions(self) -> NDArray[np.float32]:
        """Each row over its norm, (n, W); zero for zero."""
        norms = torch.linalg.vector_norm(self.values, dim=-1, keepdim=True)
        return (self.values / torch.where(norms > 0, norms, 1)).float().numpy()

    def _weighing(self) -> Tensor:
        """The exponents of the rows that are not zero, and of the others one that no other undercuts."""
        return torch.where((self.values != 0).any(-1), self.exponents, _NOTHING)

    def _at(self, exponents: Tensor) -> Tensor:
        shift = (self.exponents - exponents).clamp(-2000, 0)
        return torch.ldexp(self.values, shift[:, None].to(torch.int32)).to(self.values.dtype)


_NOTHING = -(2**62)


def tamed(g: Tensor, power: int) -> tuple[Tensor, int]:
    """The same number g · 2^power, with a g that is neither huge nor tiny."""
    largest = float(g.abs().max())
    _, far = math.frexp(largest)
    return (shifted(g, -far), power + far) if abs(far) > _FAR and math.isfinite(largest) else (g, power)


def shifted(g: Tensor, power: int) -> Tensor:
    """g · 2^power, zero where that is less than a float holds."""
    while abs(power) > _MOST and bool(g.any()):  # 2^power itself may be no number
        step = math.copysign(_MOST, power)
        g, power = g * 2.0**step, power - int(step)
    return g * 2.0 ** max(min(power, _MOST), -_MOST)


def log10(values: Tensor, exponents: Tensor) -> NDArray[np.float64]:
    """log10 of values · 2^exponents: minus infinity for zero."""
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log10(values.double().numpy()) + exponents.double().numpy() * _LOG10_2
    return found
