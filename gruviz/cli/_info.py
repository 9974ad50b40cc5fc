"""`gruviz info`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gruviz.arguments import Parser
from gruviz.cli._answers import add_answers, answers_of
from gruviz.cli._facts import facts_of
from gruviz.errors import GruvizError

_HDF5 = b"\x89HDF"


def info(arguments: Sequence[str]) -> int:
    """`gruviz info`."""
    parser = Parser(prog="gruviz info", description="Say what is in a recording or a model.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_answers(parser)
    given = parser.parse_args(arguments)
    facts = _facts(given)
    if given.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    for key, value in facts.items():
        if value in ("", None, {}, []):
            continue
        if isinstance(value, list):
            print(f"{key}:")
            for entry in value:
                described = entry.values() if isinstance(entry, dict) else [entry]
                print("  " + "  ".join(str(item) for item in described if item not in ("", None)))
        elif isinstance(value, dict):
            print(f"{key}: {', '.join(f'{name} {item}' for name, item in value.items())}")
        else:
            print(f"{key}: {value}")
    return 0


def _facts(given: argparse.Namespace) -> dict[str, Any]:
    """What is in a file, as plain values."""
    file = Path(given.file)
    if file.is_file():
        with file.open("rb") as opened:
            hdf5 = opened.read(4) == _HDF5
        if hdf5:
            from gruviz import recording

            if not recording.is_other_hdf5(file):
                return facts_of(given.file)
            try:
                return _model_facts(given)
            except GruvizError as error:
                raise GruvizError(f"{file} is not a gruviz recording, nor a model of Keras: {error}") from error
    return _model_facts(given)


def _model_facts(given: argparse.Namespace) -> dict[str, Any]:
    from gruviz.model import checkpoint
    from gruviz.model.networks import choices

    path, answers = given.file, answers_of(given)
    listed = choices(path, answers)
    if given.module is None and len(listed) > 1 and listed[0].module is not None:
        networks = [{"network": each.description, "refused": each.refused} for each in listed]
        return {"model": str(path), "networks": networks, "notes": ["--module NAME chooses one of them"]}
    loaded = checkpoint.load(path, given.module, answers)
    decoder = loaded.translator.decoder.architecture.to_json() if loaded.translator else None
    return {
        "model": str(path),
        "source": loaded.source,
        "architecture": loaded.model.architecture.to_json(),
        "decoder": decoder,
        "parameters": sum(parameter.numel() for part in loaded.parts for parameter in part.parameters()),
        "vocabulary": " ".join(map(repr, loaded.symbols)) if loaded.symbols else None,
        "columns": list(loaded.columns),
        "task": loaded.task,
        "result": (loaded.training.get("result") or {}).get("sentence"),
        "training": {key: value for key, value in loaded.training.items() if key not in ("history", "result")},
        "convention": loaded.convention,
        "sha256": loaded.sha256,
        "notes": list(loaded.notes),
    }
