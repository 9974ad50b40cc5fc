from pathlib import Path

import pytest

from gruviz.errors import GruvizError
from gruviz.sequences import read

DATA = Path(__file__).parents[2] / "assets" / "data"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(GruvizError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_text_comes_as_it_stands():
    sonnets = read(DATA / "sonnets.txt")
    assert sonnets.name == "sonnets"
    assert len(sonnets) == len(sonnets.text) == 95728
    assert sonnets.text.startswith("THE SONNETS\n")
    assert sonnets.notes == ()
    assert sonnets.tokens is None
    assert sonnets.values is None


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.text", "a", "a.py"])
def test_any_utf8_file_is_text(tmp_path, name):
    assert read(write(tmp_path / name, "naïve ∑ 🙂\n".encode())).text == "naïve ∑ 🙂\n"


def test_byte_order_mark_and_windows_line_ends_go(tmp_path):
    sequence = read(write(tmp_path / "a.txt", b"\xef\xbb\xbfone\r\ntwo\rthree\n"))
    assert sequence.text == "one\ntwo\nthree\n"
    assert sequence.notes == ("line ends were made newlines",)


def test_what_cannot_be_read_is_said_in_a_line(tmp_path):
    assert "no file" in refused(tmp_path / "nowhere.txt")
    assert "folder" in refused(tmp_path)
    assert "empty" in refused(write(tmp_path / "empty.txt", b""))
    assert "empty" in refused(write(tmp_path / "mark.txt", b"\xef\xbb\xbf"))
    assert "binary" in refused(write(tmp_path / "a.txt", b"PK\x03\x04\0\0\0"))
    assert "binary" in refused(write(tmp_path / "late.txt", b"x" * 100_000 + b"\0"))
    assert "UTF-8" in refused(write(tmp_path / "latin.txt", "Müller".encode("latin-1")))
    assert "UTF-16" in refused(write(tmp_path / "wide.txt", "wide".encode("utf-16")))
    assert "empty" in refused(write(tmp_path / "empty.csv", b""))
    assert "empty" in refused(write(tmp_path / "empty.npy", b""))


def test_device_is_no_file():
    with pytest.raises(GruvizError, match="ordinary file"):
        read("/dev/zero")
