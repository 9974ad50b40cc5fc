"""`.pt2` archives of torch.export, as PyTorch 2.8 and later write them: the weights are read, the program is not.

The archive is a zip file. `data/weights/model_weights_config.json` says of each parameter and buffer which entry holds
its values, and their type, sizes, strides and offset in elements (`torch/export/pt2_archive`).
"""

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gruviz.errors import GruvizError

from ._tensors import WANTED, Tensors

DTYPES = {6: torch.float16, 7: torch.float32, 8: torch.float64, 13: torch.bfloat16}
"""PyTorch's numbers for the types of floats; parameters of other types are left out."""
CONFIG = "data/weights/model_weights_config.json"


def is_pt2(names: list[str]) -> bool:
    """Whether a zip file with these entries is such an archive, of whatever version."""
    endings = {name.partition("/")[2] or name for name in names}
    return "archive_format" in endings or bool({"serialized_exported_program.json", CONFIG} & {*endings, *names})


def read_pt2(path: Path) -> Tensors:
    """Return the parameters and buffers. Raises GruvizError."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
        if CONFIG not in entries:
            raise GruvizError(
                f"{path} is a .pt2 archive without weights that can be read, from before PyTorch 2.8 or compiled for a "
                f"device: {WANTED}"
            )
        if (
            any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values())
            or sum(entry.file_size for entry in entries.values()) > path.stat().st_size
        ):
            raise GruvizError(f"{path} unpacks to more than it holds, which torch.export never writes: {WANTED}")
        try:
            config = json.loads(archive.read(entries[CONFIG]))["config"]
            stored: dict[str, bytearray] = {}
            tensors = {}
            for name, about in config.items():
                if about["use_pickle"] or about["tensor_meta"]["dtype"] not in DTYPES:
                    continue
                entry = entries["data/weights/" + about["path_name"]]
                if entry.filename not in stored:
                    stored[entry.filename] = bytearray(archive.read(entry))
                tensors[name] = _tensor(stored[entry.filename], about["tensor_meta"])
        except (
            *(ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError, OverflowError),
            zipfile.BadZipFile,
        ) as error:
            raise GruvizError(f"{path} is damaged: its weights are not where it says; copy it again") from error
    return Tensors(tensors, path.stat().st_size, ".pt2 archive")


def _tensor(data: bytearray, about: dict[str, Any]) -> Tensor:
    """A tensor over these bytes, as it is described. Raises ValueError where they are too few."""
    sizes, strides = ([number["as_int"] for number in about[key]] for key in ("sizes", "strides"))
    offset = about["storage_offset"]["as_int"]
    if any(type(number) is not int or number < 0 for number in (*sizes, *strides, offset)):
        raise ValueError("sizes, strides and offset are whole numbers from 0")
    flat = (
        torch.frombuffer(data, dtype=DTYPES[about["dtype"]]) if data else torch.empty(0, dtype=DTYPES[about["dtype"]])
    )
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if math.prod(sizes) and last >= len(flat):
        raise ValueError("there are fewer values")
    return flat.as_strided(sizes, strides, offset)
