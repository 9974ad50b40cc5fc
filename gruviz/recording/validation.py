"""Is this file a recording, and can it be trusted? Checked before anything is read from it.

An HDF5 file from a stranger can reach other files (external links, external storage, virtual datasets, soft links to
those), declare terabytes that it does not hold, or simply lie about its shapes. All of these are refused.
"""

from pathlib import Path

import h5py

from gruviz.cells import CELLS, CLASSES
from gruviz.errors import GruvizError
from gruviz.recording import gradient, schema, training

_INFLATION = 100
"""A dataset larger than the file may be this many times larger than what is stored of it: no honest compression is."""
_SMALL = 2**20


def validate(file: h5py.File, path: Path | str) -> None:
    """Raise GruvizError, in one line, unless `file` is a recording that can be read safely."""
    if str(_text(file.attrs.get("format"))) != schema.FORMAT:
        raise GruvizError(
            f"{path} is an HDF5 file, but not a gruviz recording: record one with gruviz record, or choose it in "
            "Record… if it is a model"
        )
    version = file.attrs.get("version")
    if version != schema.VERSION:
        raise GruvizError(
            f"{path} is a recording of version {version}, this gruviz reads version {schema.VERSION}: update gruviz"
        )
    _refuse_links(file, path, {_address(file)}, file.id.get_filesize())
    for name in ("tapes", "layers"):
        if not isinstance(file.get(name), h5py.Group):
            raise GruvizError(f"{path} is damaged: it has no group /{name}")
    for name, tape in file["tapes"].items():
        _check_labels(name, tape, path)
    for name, layer in file["layers"].items():
        _check_layer(file, name, layer, path)
    if "training" in file and (wrong := training.damage(file["training"])):
        raise GruvizError(f"{path} is damaged: /training {wrong}")
    for step in file.get("checkpoints", ()):
        if not step.removeprefix("-").isdecimal():
            raise GruvizError(f"{path} is damaged: it has a checkpoint of step {step}, which is no number")


def _refuse_links(group: h5py.Group, path: Path | str, seen: set[int], size: int) -> None:
    for name in group:
        link = group.get(name, getlink=True)
        where = f"{group.name.rstrip('/')}/{name}"
        if not isinstance(link, h5py.HardLink):
            raise GruvizError(f"{path} is refused: {where} is a link to somewhere else, which a recording never has")
        child = group[name]
        if isinstance(child, h5py.Group):
            # A group may bear several names, one within itself among them.
            if _address(child) in seen or child.name.count("/") > 32:
                raise GruvizError(f"{path} is refused: its groups are nested without end")
            seen.add(_address(child))
            _refuse_links(child, path, seen, size)
        elif isinstance(child, h5py.Dataset):
            _check_dataset(child, where, path, size)


def _address(group: h5py.Group) -> int:
    return int(h5py.h5o.get_info(group.id).addr)


def _check_dataset(dataset: h5py.Dataset, where: str, path: Path | str, size: int) -> None:
    if dataset.is_virtual or dataset.external:
        raise GruvizError(f"{path} is refused: {where} keeps its data in another file, which a recording never does")
    declared = dataset.nbytes
    if declared <= max(_SMALL, size):  # else all chunks are counted, which takes long where there are many
        return
    stored = dataset.id.get_storage_size()
    if declared > stored * _INFLATION:
        raise GruvizError(f"{path} is refused: {where} declares {declared:,} bytes and holds {stored:,}")


def _check_labels(name: str, tape: h5py.Group, path: Path | str) -> None:
    """Labels are numbers or truths, one for each timestep, or for each column at each."""
    labels = tape.get("labels", {}) if isinstance(tape, h5py.Group) else {}
    if isinstance(labels, h5py.Dataset):
        raise GruvizError(f"{path} is damaged: the labels of tape {name} are not a group")
    for label, data in labels.items():
        if not isinstance(data, h5py.Dataset) or data.ndim not in (1, 2) or data.dtype.kind not in "fiub":
            raise GruvizError(f"{path} is damaged: label {label} of tape {name} is not a number for each timestep")


def _check_layer(file: h5py.File, name: str, layer: h5py.Group, path: Path | str) -> None:
    def damaged(what: str) -> GruvizError:
        return GruvizError(f"{path} is damaged: layer {name} {what}")

    if not isinstance(layer, h5py.Group):
        raise damaged("is not a group")
    cell = CELLS.get(str(_text(layer.attrs.get("cell"))))
    if cell is None:
        raise damaged(f"is of a kind of cell that this gruviz does not know ({_text(layer.attrs.get('cell'))})")
    tape = file["tapes"].get(str(_text(layer.attrs.get("tape"))))
    if not isinstance(tape, h5py.Group) or "sequences/length" not in tape:
        raise damaged("lies on a tape that is not there")
    for quantity in cell.names:
        data = layer.get(quantity)
        if not isinstance(data, h5py.Dataset) or data.ndim != 2 or data.shape[1] != layer.attrs.get("size"):
            raise damaged(f"has no {quantity} of the right shape")
        if data.dtype.kind != "f":
            raise damaged(f"has a {quantity} that is not of floating-point numbers")
    size = layer.attrs["size"]
    for state in cell.states:
        if not _is_table(layer.get("initial" if state == "hidden" else f"initial_{state}"), size):
            raise damaged(f"does not say which {state} its sequences started from")
    projection = layer.attrs.get("projection")
    if projection is not None and not (
        cell.name == "lstm"
        and _is_table(layer.get("projected"), projection)
        and _is_table(layer.get("initial_projected"), projection)
    ):
        raise damaged("does not hold what it says that it projects to")
    if "altered" in layer and not _is_altered(layer["altered"], cell.states, size):
        raise damaged("does not say what its altered steps got")
    residual, counts = layer.get("residual"), layer.get("counts")
    if not isinstance(residual, h5py.Dataset) or residual.ndim != 1:
        raise damaged("has no residual for each sequence")
    if counts is not None and not _is_table(counts, len(CLASSES)):
        raise damaged("has counts of the wrong shape")
    if "gradient" in layer:
        sequences = len(tape["sequences/length"])
        if wrong := gradient.damage(layer["gradient"], len(layer["hidden"]), int(size), sequences):
            raise damaged(wrong)
    for quantity, levels in layer.get("pyramid", {}).items():
        width = len(CLASSES) if quantity == "counts" else size
        for factor, level in levels.items():
            if not factor.isdecimal() or not all(_is_table(level.get(name), width) for name in schema.STATISTICS):
                raise damaged(f"has a pyramid of {quantity} of the wrong shape")


def _is_altered(group: object, states: tuple[str, ...], size: int) -> bool:
    """Whether it is ascending rows, and for each of them what it got."""
    if not isinstance(group, h5py.Group) or not set(group) <= {"row", *states}:
        return False
    rows = group.get("row")
    if not isinstance(rows, h5py.Dataset) or rows.ndim != 1 or rows.dtype.kind != "i":
        return False
    if not all(_is_table(group[name], size) for name in group if name != "row"):
        return False
    stored = rows[:]
    return not len(stored) or bool(stored[0] >= 0 and (stored[1:] > stored[:-1]).all())


def _is_table(data: object, columns: int) -> bool:
    """Whether it is a dataset of numbers, (anything, columns)."""
    return isinstance(data, h5py.Dataset) and data.ndim == 2 and data.shape[1] == columns and data.dtype.kind in "fiu"


def _text(value: object) -> object:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
