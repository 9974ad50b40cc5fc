"""What holds for the whole suite: nobody's settings are touched, few threads, and no screen is needed."""

import os
import sys
import tempfile

_home = tempfile.TemporaryDirectory(prefix="gruviz-tests-")  # removed when the interpreter leaves

# Before Qt, torch or platformdirs look, and for the programs that tests start as well.
os.environ["HOME"] = _home.name
for _name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
    os.environ[_name] = f"{_home.name}/{_name.lower()}"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # more only wait for each other on a busy machine
if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
