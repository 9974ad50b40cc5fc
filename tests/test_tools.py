"""The tools that make what the README shows."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_literature_is_found_again(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tools" / "literature.py"), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    assert float(said["Mahto et al. 2021"].rpartition(" ")[2]) < 1e-4
    assert float(said["Tallec and Ollivier 2018"].rpartition(" ")[2]) < 2e-7
    assert "r = -0.999" in said["anbn, lstm"]
    drawn = ("mahto", "chrono", "anbn-lstm", "anbn-gru", "flipflop", "place")
    assert all((tmp_path / f"{name}.png").stat().st_size > 10_000 for name in drawn)
