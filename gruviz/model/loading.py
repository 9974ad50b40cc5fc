"""Loading PyTorch beside a window: what this imports of it comes last."""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_LIBRARIES = ("torch_cpu", "torch_python")


def load_torch() -> None:
    """Import torch without keeping other threads waiting.

    `import` holds Python's lock while the system links torch's libraries, 150 to 200 ms in which a window stands still.
    A foreign function is called without the lock, and finds them a home first: 35 ms are left (both measured).
    """
    spec = find_spec("torch")
    if "torch" not in sys.modules and spec is not None and spec.origin and os.name == "posix":
        folder, suffix = Path(spec.origin).parent / "lib", ".dylib" if sys.platform == "darwin" else ".so"
        link = ctypes.CDLL(None).dlopen
        link.argtypes, link.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        for name in _LIBRARIES:
            link(str(folder / f"lib{name}{suffix}").encode(), os.RTLD_NOW | os.RTLD_GLOBAL)
    import torch

    assert torch
