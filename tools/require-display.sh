#!/bin/sh
# Leave with status 2 and a way out where there is no display to open a window on. macOS always has one.
if [ "$(uname)" = Linux ] && [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
    cat >&2 <<'END'
gruviz: there is no display to open the window on (neither DISPLAY nor WAYLAND_DISPLAY is set). Instead:
  over SSH                 log in with ssh -X, then make run
  a picture of the window  make setup, then  .venv/bin/gruviz FILE --screenshot OUT.png
  no window at all         make setup, then  .venv/bin/gruviz record MODEL INPUT -o RUN.h5,  .venv/bin/gruviz export --list
END
    exit 2
fi
