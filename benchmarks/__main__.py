"""`make bench`: run every row, print a table, keep a JSON file. Exit status 1 if a row misses its goal.

python -m benchmarks [ROW...]
"""

import json
import platform
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import beside, large, memory, others, recording, start, training, units, window
from benchmarks.apart import NotRunError
from benchmarks.rows import Row

RESULTS = Path(__file__).parent / "results"


def main(wanted: list[str]) -> int:
    groups = [group.ROWS for group in (recording, large, beside, memory, start, training, window, units, others)]
    known = {name: measure for group in groups for name, measure in group.items()}
    unknown = set(wanted) - known.keys()
    if unknown:
        print(f"there is no row {', '.join(sorted(unknown))}: choose among {', '.join(known)}", file=sys.stderr)
        return 2
    rows = []
    for name in wanted or known:
        try:
            row = known[name]()
        except NotRunError as error:
            row = Row(name, None, "", "", str(error))
        print(row, flush=True)
        rows.append(row)
    if not wanted:
        print(f"kept in benchmarks/results/{keep(rows).name}")
    return 0 if all(row.ok for row in rows) else 1


def keep(rows: list[Row]) -> Path:
    machine = describe_machine()
    name = f"{datetime.now(UTC):%Y-%m-%d}-{platform.system().lower()}-{platform.machine()}.json"
    path = RESULTS / name
    content = {"machine": machine, "rows": [row.to_json() for row in rows]}
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def describe_machine() -> dict[str, object]:
    import os

    import torch

    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        processor = names[0] if names else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # large files are deleted then too
    sys.exit(main(sys.argv[1:]))
