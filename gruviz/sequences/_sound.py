"""Sounds: the samples of a WAV file, or log-mel frames of them."""

import os
import struct
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gruviz.errors import GruvizError

from ._array import numbers
from ._columns import pick
from ._reading import Reading
from ._sequence import Sequence

PIECE = 2**20
"""Samples that become frames at a time."""
SAVE_AGAIN = "save it again as an ordinary WAV, of integers or floats"


def read_sound(path: Path, how: Reading) -> list[Sequence]:
    """Read a WAV file as samples in [-1, 1], a column a channel, or as log-mel frames. Raises GruvizError and OSError.

    The rate of the sequence is that of the samples, or of the frames.
    """
    if how.rate is not None:
        raise GruvizError(f"{path} says its own rate: leave the rate out for sounds")
    rate, samples = _samples(path)
    channels = samples.shape[1]
    names = [f"channel {number + 1}" for number in range(channels)] if channels > 1 else ["sound"]
    places = pick(path, names, how.columns) if how.columns else list(range(channels))
    sound = numbers(path, path.stem, samples, places, tuple(names[place] for place in places), Reading(rate=rate))
    if how.mel is None:
        return [sound]
    assert sound.values is not None
    frames, frames_a_second = _log_mel(path, sound.values.mean(axis=1), rate, how.mel, how)
    bands = tuple(f"mel {number + 1}" for number in range(how.mel))
    mixed = [f"the frames are those of the mean of {len(places)} channels"] * (len(places) > 1)
    return [Sequence(path.stem, values=frames, columns=bands, rate=frames_a_second, notes=(*sound.notes, *mixed))]


def _samples(path: Path) -> tuple[int, NDArray[np.floating]]:
    """The rate in Hz, and the samples (T, channels) in [-1, 1]."""
    _check_lengths(path)
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that are not sound
            rate, data = wavfile.read(path)
    except OSError:
        raise
    except Exception as error:  # whatever a made-up header brings forth, it is the file's fault
        raise GruvizError(f"{path} cannot be read as sound ({error}): {SAVE_AGAIN}") from error
    if data.size == 0:
        raise GruvizError(f"{path} holds no sound: there is no sequence in it")
    if data.dtype.kind == "u":  # 8 bits, 128 is silence
        samples = (data.astype(np.float32) - 128) / np.float32(128)
    elif data.dtype.kind == "i":
        samples = data.astype(np.float32) / np.float32(2 ** (8 * data.dtype.itemsize - 1))
    else:
        samples = data.astype(np.float32)
    return int(rate), samples.reshape(len(samples), -1)


def _check_lengths(path: Path) -> None:
    """Raise GruvizError unless the chunks of a RIFF file are as long as they say, and its header makes sense.

    Format: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), WAVE form.
    """
    size, sound = path.stat().st_size, False
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise GruvizError(f"{path} is not a WAV file: {SAVE_AGAIN}")
        while not sound and len(head := file.read(8)) == 8:
            kind, length = struct.unpack("<4sI", head)
            if length > size - file.tell():
                raise GruvizError(
                    f"{path} is cut short, or its header lies: it promises {length:,} bytes "
                    f"and holds {size - file.tell():,}; {SAVE_AGAIN}"
                )
            if kind == b"fmt " and length >= 16:
                _, channels, rate, _, frame, _ = struct.unpack("<HHIIHH", file.read(16))
                if not (rate > 0 and 0 < channels <= frame):
                    raise GruvizError(
                        f"{path} says that it has {channels} channels at {rate:,} Hz in {frame} bytes, "
                        f"which cannot be: {SAVE_AGAIN}"
                    )
                length -= 16
            sound = kind == b"data"
            file.seek(length + length % 2, os.SEEK_CUR)
    if not sound:
        raise GruvizError(f"{path} holds no sound: {SAVE_AGAIN}")


def _log_mel(
    path: Path, samples: NDArray[np.float32], rate: int, bands: int, how: Reading
) -> tuple[NDArray[np.float32], float]:
    """Log-mel frames (T, bands) of samples in [-1, 1], and how many there are a second.

    Frame t stands for the samples from t·hop up to (t + 1)·hop and sees a window around their middle. As in Kaldi
    (kaldi-asr.org, feature-fbank and mel-computations): pre-emphasis 0.97, Povey window, power spectrum, triangles of
    equal width on the scale 1127 ln(1 + f / 700) from 20 Hz to half the rate, natural logarithm; without dither.
    """
    import kaldi_native_fbank as knf

    hop, window = round(rate * how.hop / 1000), round(rate * how.window / 1000)
    if hop < 1 or window < 2:
        raise GruvizError(f"at {rate:,} Hz, {how.window:g} ms every {how.hop:g} ms hold no samples: ask for more")
    if len(samples) < max(hop, window):
        raise GruvizError(f"{path} is shorter than a frame of {how.window:g} ms: there is no sequence in it")
    shift, length = (1000 * (samples + 0.5) / rate for samples in (hop, window))  # of which it takes the whole samples
    frame = knf.FrameExtractionOptions(
        samp_freq=rate, frame_shift_ms=shift, frame_length_ms=length, dither=0.0, snip_edges=False
    )
    try:
        maker = knf.OnlineFbank(knf.FbankOptions(frame_opts=frame, mel_opts=knf.MelBanksOptions(num_bins=bands)))
    except ValueError as error:
        raise GruvizError(
            f"{bands} bands are more than frames of {how.window:g} ms can tell apart at {rate:,} Hz: "
            "ask for fewer, or for longer frames"
        ) from error
    frames: list[NDArray[np.float32]] = []
    for start in range(0, len(samples), PIECE):
        maker.accept_waveform(rate, samples[start : start + PIECE])
        if start + PIECE >= len(samples):
            maker.input_finished()
        frames += [np.array(maker.get_frame(t)) for t in range(len(frames), maker.num_frames_ready)]
    return np.stack(frames), rate / hop
