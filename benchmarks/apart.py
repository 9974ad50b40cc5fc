"""Measuring in a process of its own: as fresh as an app that was just started, without torch and what else was run.

python -m benchmarks.apart MODULE FUNCTION [ARGUMENT...] calls it with these strings; its answer, plain values, is
printed as JSON in the last line.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class NotRunError(Exception):
    """Nothing could be measured, and why."""


def apart(module: str, function: str, *arguments: object, python: str = sys.executable, display: bool = False) -> Any:
    """What `benchmarks.<module>.<function>(*arguments)` answers there; `display` gives it an X server of its own."""
    command = [python, "-m", "benchmarks.apart", f"benchmarks.{module}", function, *map(str, arguments)]
    platform = "offscreen"
    if display:
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24", *command]
        platform = "xcb"
    with tempfile.TemporaryDirectory() as settings:
        environment = {
            # Compiled modules are kept, as those of an installed app are, whatever the shell says.
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "QT_QPA_PLATFORM": platform,
            "GRUVIZ_CONFIG_DIR": settings,  # nobody's settings are read or touched
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    said = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == 0:
        return json.loads(said)
    reason = said or (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
    raise NotRunError(f"{module}.{function} failed: {reason}")


def main(module: str, function: str, *arguments: str) -> None:
    status = 0
    try:
        said = json.dumps(getattr(importlib.import_module(module), function)(*arguments))
    except Exception as error:
        traceback.print_exc()
        said, status = f"{type(error).__name__}: {error}", 1
    print(said, flush=True)
    os._exit(status)  # what was measured is said by now, and libraries that others wrote may abort at exit


if __name__ == "__main__":
    main(*sys.argv[1:])
