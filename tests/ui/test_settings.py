"""Settings survive a restart, and damage to them does not prevent one."""

from pathlib import Path

import pytest

from gruviz.ui.settings import FILE, RECENT, Settings, folder, load, save


def test_what_was_saved_is_loaded() -> None:
    settings = Settings(theme="dark", view={"cursor": 3})
    settings.opened("/a.h5")
    settings.opened("/b.h5")
    settings.opened("/a.h5")
    save(settings)
    assert load() == settings
    assert load().recent == ["/a.h5", "/b.h5"]
    assert load().last == "/a.h5"


def test_recent_files_do_not_pile_up() -> None:
    settings = Settings()
    for number in range(50):
        settings.opened(f"/{number}.h5")
    assert len(settings.recent) == RECENT
    assert settings.recent[0] == "/49.h5"


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"theme": 3, "recent": "x", "view": []}',
        b"[" * 100_000,
        b'{"theme": "pink"}',
        b'{"side": {"width": "wide", "height": -3}}',
    ],
    ids=lambda damaged: repr(damaged[:20]),
)
def test_damaged_settings_are_as_on_the_first_start(damaged: bytes) -> None:
    folder().mkdir(parents=True)
    (folder() / FILE).write_bytes(damaged)
    assert load() == Settings()


def test_one_damaged_entry_spoils_no_other() -> None:
    folder().mkdir(parents=True)
    (folder() / FILE).write_text('{"theme": "dark", "recent": [1, "/a.h5"], "unknown": true}')
    assert load() == Settings(theme="dark", recent=["/a.h5"])


def test_settings_that_cannot_be_written_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("GRUVIZ_CONFIG_DIR", str(blocked / "config"))
    save(Settings(theme="dark"))
    assert load() == Settings()
