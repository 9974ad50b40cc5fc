"""Is this file a recording, and can it be trusted? Checked before anything is read from it.

An HDF5 file from a stranger can reach other files (external links, external storage, virtual datasets, soft links to
those), declare terabytes that it does not hold, or simply lie about its shapes. All of these are refused.
"""

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import h5py

from gruviz.cells import CELLS, CLASSES
from gruviz.errors import GruvizError
from gruviz.recording import gradient, schema, training

_INFLATION = 100
"""A dataset larger than the file may be this many times larger than what is stored of it: no honest compression is."""
_SMALL = 2**20
Objects = Mapping[str, Any]
"""What is in a file, by its place: HDF5's own handles."""


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
    objects = dict(_objects(file.id, "", path, {_address(file.id)}, file.id.get_filesize()))
    for name in ("tapes", "layers"):
        if not isinstance(file.get(name), h5py.Group):
            raise GruvizError(f"{path} is damaged: it has no group /{name}")
    for name, tape in file["tapes"].items():
        _check_labels(name, tape, path)
    for name, layer in file["layers"].items():
        _check_layer(file, name, layer, path, objects)
    if "training" in file and (wrong := training.damage(file["training"])):
        raise GruvizError(f"{path} is damaged: /training {wrong}")
    for step in file.get("checkpoints", ()):
        if not step.removeprefix("-").isdecimal():
            raise GruvizError(f"{path} is damaged: it has a checkpoint of step {step}, which is no number")


def _objects(
    group: h5py.h5g.GroupID, above: str, path: Path | str, seen: set[int], size: int
) -> Iterator[tuple[str, Any]]:
    """All that is in the file, by its place; each is opened once, as a long recording has hundreds of them.

    Raises GruvizError where it meets something that a recording never has.
    """
    for name in group:
        where = f"{above}/{name.decode(errors='replace')}"
        if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise GruvizError(f"{path} is refused: {where} is a link to somewhere else, which a recording never has")
        child = h5py.h5o.open(group, name)
        yield where, child
        if isinstance(child, h5py.h5g.GroupID):
            # A group may bear several names, one within itself among them.
            if _address(child) in seen or where.count("/") > 32:
                raise GruvizError(f"{path} is refused: its groups are nested without end")
            seen.add(_address(child))
            yield from _objects(child, where, path, seen, size)
        elif isinstance(child, h5py.h5d.DatasetID):
            _check_dataset(child, where, path, size)


def _address(group: h5py.h5g.GroupID) -> int:
    return int(h5py.h5o.get_info(group).addr)


def _check_dataset(dataset: h5py.h5d.DatasetID, where: str, path: Path | str, size: int) -> None:
    kept = dataset.get_create_plist()
    if kept.get_layout() == h5py.h5d.VIRTUAL or kept.get_external_count():
        raise GruvizError(f"{path} is refused: {where} keeps its data in another file, which a recording never does")
    declared = prod(dataset.shape or ()) * dataset.get_type().get_size()
    if declared <= max(_SMALL, size):  # else all chunks are counted, which takes long where there are many
        return
    stored = dataset.get_storage_size()
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


def _check_layer(file: h5py.File, name: str, layer: h5py.Group, path: Path | str, objects: Objects) -> None:
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
        if not isinstance(levels, h5py.Group) or not all(
            factor.isdecimal() and _is_level(objects, f"{levels.name}/{factor}", width) for factor in levels
        ):
            raise damaged(f"has a pyramid of {quantity} of the wrong shape")


def _is_level(objects: Objects, where: str, width: int) -> bool:
    """Whether there is a table of each statistic."""
    found = (objects.get(f"{where}/{name}") for name in schema.STATISTICS)
    return all(isinstance(each, h5py.h5d.DatasetID) and _is_table(h5py.Dataset(each), width) for each in found)


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
