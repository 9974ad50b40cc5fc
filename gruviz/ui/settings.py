"""What is remembered between two starts. The only writer of settings."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from gruviz.recording.schema import PARTIAL

FILE = "settings.json"
RECENT = 10
"""Files that are remembered."""
MODELS = 100
"""Models whose place is remembered."""


@dataclass
class Settings:
    """Plain values, kept in one JSON file."""

    theme: str = "system"
    last: str = ""
    """The file that was open last."""
    view: dict[str, Any] = field(default_factory=dict)
    """What was being looked at in it, as `gruviz.view.to_plain` gives it."""
    recent: list[str] = field(default_factory=list)
    """Files that were opened, the latest first."""
    models: dict[str, str] = field(default_factory=dict)
    """Where the model files of recordings are, by the SHA-256 of their weights; recordings do not say it."""
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was said of model files that they do not say themselves, by their paths."""
    geometry: str = ""
    """Of the window, as Qt saves it, in Base64."""
    figure: dict[str, Any] = field(default_factory=dict)
    """How a figure was exported last: what the dialog begins with."""
    side: dict[str, int] = field(default_factory=dict)
    """Pixels of the right side: its `width`, and the `height` of what stands below the list of units."""

    def read_by(self, weights: str, path: str, said: dict[str, str]) -> None:
        """Remember where a model's file is and what was said of it, and forget what was met longest ago."""
        self.models.pop(weights, None)
        self.models[weights] = path
        self.said.pop(path, None)
        if said:
            self.said[path] = said
        for remembered in (self.models, self.said):
            while len(remembered) > MODELS:
                del remembered[next(iter(remembered))]

    def opened(self, path: str) -> None:
        """Put a file at the head of the recent ones; a recording that is complete, in place of what it was before."""
        self.last = path
        self.recent = [path, *(other for other in self.recent if other not in (path, path + PARTIAL))][:RECENT]

    def seen(self, path: str) -> None:
        """Put a file that stands beside the one that was opened last to the recent ones, after that."""
        if path != self.last:
            others = (other for other in self.recent if other not in (path, self.last))
            self.recent = [self.last, path, *others][:RECENT]


def folder() -> Path:
    """Where settings are kept: `GRUVIZ_CONFIG_DIR`, or the system's place for them."""
    given = os.environ.get("GRUVIZ_CONFIG_DIR")
    return Path(given) if given else Path(platformdirs.user_config_dir("gruviz", appauthor=False))


def load() -> Settings:
    """Read the settings. Whatever is missing or damaged in them is as on the first start."""
    settings = Settings()
    try:
        stored = json.loads((folder() / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return settings
    if not isinstance(stored, dict):
        return settings
    for known in fields(Settings):
        value = stored.get(known.name)
        if isinstance(value, type(getattr(settings, known.name))):
            setattr(settings, known.name, value)
    settings.recent = [path for path in settings.recent if isinstance(path, str)][:RECENT]
    settings.models = {key: path for key, path in settings.models.items() if isinstance(path, str)}
    settings.side = {name: size for name, size in settings.side.items() if type(size) is int and size > 0}
    settings.said = {
        path: {name: value for name, value in said.items() if isinstance(value, str)}
        for path, said in settings.said.items()
        if isinstance(said, dict)
    }
    if settings.theme not in ("system", "light", "dark"):
        settings.theme = "system"
    return settings


def save(settings: Settings) -> None:
    """Write the settings, whole or not at all. Where they cannot be written, they are not."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, prefix=FILE, text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(settings), file, indent=2)
        Path(name).replace(place / FILE)
    except OSError:
        return
