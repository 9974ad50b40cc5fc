"""The command line. What a command needs is imported when it is given, so that each starts as fast as it can."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from gruviz.errors import GruvizError

__all__ = ["main"]

_WHERE = {
    "open": "gruviz.cli._open:open_files",
    "demo": "gruviz.cli._open:open_demo",
    "train": "gruviz.cli._train:train",
    "record": "gruviz.cli._record:record",
    "info": "gruviz.cli._info:info",
    "export": "gruviz.exporting:export",
    "figures": "gruviz.exporting:export_everything",
    "gradient": "gruviz.cli._gradient:gradient",
    "compare": "gruviz.cli._compare:compare",
}
"""The function of each command: it takes the arguments, and returns the exit status."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 2 after an error that a person can mend, 130 after Ctrl+C."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if arguments and arguments[0] in _WHERE:
            return _command(arguments[0])(arguments[1:])
        from gruviz.cli._open import without_command

        return without_command(arguments, _WHERE)
    except GruvizError as error:
        print(f"gruviz: {error}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        print("gruviz: there is not enough memory for this: ask for less", file=sys.stderr)
        return 2
    except (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        print(f"gruviz: cannot use {error.filename}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ngruviz: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `gruviz info run.h5 | head`
        sys.stderr.close()
        return 0


def _command(name: str) -> Callable[[Sequence[str]], int]:
    module, _, function = _WHERE[name].partition(":")
    command: Callable[[Sequence[str]], int] = getattr(import_module(module), function)
    return command
