import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from gruviz.errors import GruvizError
from gruviz.sequences import Reading, read

RATE = 16_000


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def save(path: Path, samples: np.ndarray, dtype: str, rate: int = RATE) -> Path:
    scale = {"u1": 127, "i2": 32767, "i4": 2**31 - 1}.get(dtype)
    data = samples.astype(dtype) if scale is None else np.rint(samples * scale + 128 * (dtype == "u1")).astype(dtype)
    wavfile.write(path, rate, data)
    return path


@pytest.mark.parametrize(("dtype", "error"), [("u1", 1 / 100), ("i2", 1e-4), ("i4", 1e-6), ("f4", 1e-7), ("f8", 1e-7)])
def test_samples_of_all_kinds_lie_between_minus_1_and_1(tmp_path, dtype, error):
    sound = read(save(tmp_path / "tone.wav", tone(440), dtype))
    assert (sound.name, sound.columns, sound.rate) == ("tone", ("sound",), RATE)
    assert sound.values.shape == (RATE, 1)
    np.testing.assert_allclose(sound.values[:, 0], tone(440), atol=error)
    assert abs(np.abs(sound.values).max() - 0.5) < error


def test_24_bits_in_two_channels(tmp_path):
    left, right = np.array([0, 2**22, -(2**23)]), np.array([2**23 - 1, 0, 1])
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(8000)
        pairs = np.stack([left, right], 1).ravel()
        file.writeframes(b"".join(int(value).to_bytes(3, "little", signed=True) for value in pairs))
    sound = read(tmp_path / "a.wav")
    assert sound.columns == ("channel 1", "channel 2")
    np.testing.assert_allclose(sound.values[:, 0], [0, 0.5, -1])
    np.testing.assert_allclose(sound.values[:, 1], [1, 0, 1 / 2**23], atol=2e-7)
    assert read(tmp_path / "a.wav", Reading(columns=("2",))).columns == ("channel 2",)
    with pytest.raises(GruvizError, match="no column '3': it has channel 1, channel 2"):
        read(tmp_path / "a.wav", Reading(columns=("3",)))


def mel(hertz: float) -> float:
    return 1127 * np.log(1 + hertz / 700)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_frames_are_as_many_as_the_hops_and_say_their_rate(tmp_path, rate):
    save(tmp_path / "a.wav", tone(440, 1.5, rate), "i2", rate)
    frames = read(tmp_path / "a.wav", Reading(mel=40))
    hop = round(rate / 100)
    assert frames.rate == rate / hop
    assert len(frames) == round(1.5 * rate / hop)
    assert frames.columns[0] == "mel 1"
    assert frames.values.shape[1] == len(frames.columns) == 40
    assert abs(len(frames) / frames.rate - 1.5) <= 0.5 / frames.rate


@pytest.mark.parametrize("hertz", [150, 440, 1000, 3000, 7000])
def test_a_tone_is_in_its_band(tmp_path, hertz):
    save(tmp_path / "a.wav", tone(hertz), "f4")
    frames = read(tmp_path / "a.wav", Reading(mel=40)).values[5:-5]
    edges = np.linspace(mel(20), mel(RATE / 2), 42)
    expected = np.argmax(1 - np.abs(mel(hertz) - edges[1:-1]) / (edges[1] - edges[0]))
    assert (frames.argmax(1) == expected).all()


def test_frames_equal_an_independent_computation(tmp_path):
    """By the formulas of Kaldi's documentation, in float64 and with numpy alone."""
    rng = np.random.default_rng(3)
    samples = np.concatenate([tone(500, 0.3), rng.normal(0, 0.1, 4800), np.zeros(1600)])
    save(tmp_path / "a.wav", samples, "f4")
    got = read(tmp_path / "a.wav", Reading(mel=23, hop=16, window=32)).values
    hop, window, fft = 256, 512, 512
    count = (len(samples) + hop // 2) // hop
    assert got.shape == (count, 23)
    frequencies = mel(np.arange(fft // 2) * RATE / fft)
    edges = np.linspace(mel(20), mel(RATE / 2), 25)
    povey = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))) ** 0.85
    for frame in range(count):
        start = frame * hop + hop // 2 - window // 2
        places = np.arange(start, start + window)
        places = np.where(places < 0, -places - 1, places)
        places = np.where(places >= len(samples), 2 * len(samples) - 1 - places, places)
        cut = samples[places] - samples[places].mean()
        cut = np.append(cut[:1] * (1 - 0.97), cut[1:] - 0.97 * cut[:-1]) * povey
        power = np.abs(np.fft.rfft(cut, fft))[:-1] ** 2
        rising = (frequencies[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
        energy = power @ np.clip(np.minimum(rising, falling), 0, None)
        np.testing.assert_allclose(got[frame], np.log(np.maximum(energy, 2**-23)), atol=2e-3)


def test_long_sounds_in_pieces_are_as_in_one(tmp_path, monkeypatch):
    save(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, RATE), "f4")
    whole = read(tmp_path / "a.wav", Reading(mel=20)).values
    monkeypatch.setattr("gruviz.sequences._sound.PIECE", 777)
    np.testing.assert_array_equal(read(tmp_path / "a.wav", Reading(mel=20)).values, whole)


def test_frames_of_two_channels_are_of_their_mean(tmp_path):
    save(tmp_path / "two.wav", np.stack([tone(500), tone(500) * 0.2], 1), "f4")
    save(tmp_path / "one.wav", tone(500) * 0.6, "f4")
    both = read(tmp_path / "two.wav", Reading(mel=20))
    np.testing.assert_allclose(both.values, read(tmp_path / "one.wav", Reading(mel=20)).values, atol=1e-3)
    assert both.notes == ("the frames are those of the mean of 2 channels",)


def refused(path: Path, how: Reading | None = None) -> str:
    with pytest.raises(GruvizError) as caught:
        read(path, how or Reading())
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value) or how is not None
    return str(caught.value)


def test_headers_that_lie_are_errors(tmp_path):
    whole = save(tmp_path / "a.wav", tone(440), "i2").read_bytes()
    assert whole[36:40] == b"data"

    def damaged(data: bytes) -> str:
        (tmp_path / "bad.wav").write_bytes(data)
        return refused(tmp_path / "bad.wav")

    assert "holds 31,000" in damaged(whole[:-1000])
    assert "promises 4,294,967,295 bytes" in damaged(whole[:40] + b"\xff" * 4 + whole[44:])
    assert "no sound" in damaged(whole[:40])
    assert "not a WAV file" in damaged(b"RIFX" + whole[4:])
    assert "not a WAV file" in damaged(b"ID3 an mp3 file")
    assert "0 channels" in damaged(whole[:22] + b"\0\0" + whole[24:])
    assert "at 0 Hz" in damaged(whole[:24] + b"\0\0\0\0" + whole[28:])
    assert "cannot be read as sound" in damaged(whole[:20] + struct.pack("<H", 0x55) + whole[22:])
    assert "no sound" in damaged(whole[:40] + b"\0\0\0\0")
    infinite = save(tmp_path / "inf.wav", np.array([0, np.inf, 1]), "f4")
    assert "infinite" in refused(infinite)


def test_frames_that_cannot_be_are_refused(tmp_path):
    path = save(tmp_path / "a.wav", tone(440, 0.5), "i2")
    assert "500 bands are more" in refused(path, Reading(mel=500))
    assert "80 bands are more" in refused(path, Reading(mel=80, window=2))
    assert "hold no samples" in refused(path, Reading(mel=80, hop=0.01))
    assert "shorter than a frame" in refused(path, Reading(mel=80, window=800))
    assert "says its own rate" in refused(path, Reading(rate=100))
    for wrong in ({"mel": 2}, {"mel": 10**6}, {"hop": 0.0}, {"window": float("nan")}, {"rate": -1.0}):
        with pytest.raises(GruvizError):
            Reading(**wrong)


def test_how_it_was_read_survives_as_plain_values():
    how = Reading(("a", "3"), 12.5, 40, 5.0, 20.0)
    assert Reading.from_json(how.to_json()) == how
    for broken in (None, {}, {**how.to_json(), "mel": "many"}, {**how.to_json(), "hop": -1}):
        with pytest.raises(GruvizError):
            Reading.from_json(broken)
