"""The sound track as mono 16 kHz: gathered while decoding, kept compressed, read as an array."""

import io
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

RATE_HZ = 16_000
"""What speech models take."""

_GAP_SECONDS = 0.05
"""A smaller step in the time stamps is rounding; a larger one is a real gap, kept as silence."""

_PIECE_SAMPLES = 4096

_OPUS_BITS_A_SECOND = 48_000
"""Transparent for one voice at 16 kHz; 3.6 MB for ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """Mono sound.

    Attributes:
        starts_at: Seconds of sample 0 on the container's clock.
        samples: (n,) int16 at 16 kHz.
    """

    starts_at: float
    samples: NDArray[np.int16]


def _resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=_PIECE_SAMPLES)


@dataclass(slots=True, kw_only=True)
class SoundCollector:
    """Turns decoded sound into mono 16 kHz; a sample's place in it is its time.

    Attributes:
        max_seconds: Gaps in the time stamps never make it longer than this.
    """

    max_seconds: float
    _starts_at: float | None = None
    _heard_seconds: float = 0.0
    _pieces: list[NDArray[np.int16]] = field(default_factory=list)
    _resampler: AudioResampler = field(default_factory=_resampler)

    def add(self, frame: AudioFrame, *, at: float) -> None:
        """Take the next piece, which starts ``at`` seconds."""
        if self._starts_at is None:
            self._starts_at = at
        missing_seconds = min(at - self._starts_at, self.max_seconds) - self._heard_seconds
        if missing_seconds > _GAP_SECONDS:
            self._start_over()
            self._pieces.append(np.zeros(round(missing_seconds * RATE_HZ), dtype=np.int16))
            self._heard_seconds += missing_seconds
        try:
            self._take(frame)
        except ValueError:
            # The track changes its rate or channels on the way, as broadcasts do.
            self._start_over()
            if not self._takes(frame):
                return
        self._heard_seconds += frame.samples / frame.sample_rate

    def finish(self) -> SoundTrack | None:
        """Everything heard; None when there was nothing."""
        if self._starts_at is None:
            return None
        self._take(None)
        return SoundTrack(starts_at=self._starts_at, samples=np.concatenate([np.zeros(0, np.int16), *self._pieces]))

    def _takes(self, frame: AudioFrame) -> bool:
        try:
            self._take(frame)
        except (ValueError, av.error.FFmpegError):
            # Damaged into what no sound is, as 35 channels: left out, and the next piece finds silence before it.
            self._resampler = _resampler()
            return False
        return True

    def _take(self, frame: AudioFrame | None) -> None:
        self._pieces += [cast(NDArray[np.int16], piece.to_ndarray()[0]) for piece in self._resampler.resample(frame)]

    def _start_over(self) -> None:
        # What it holds comes out, unless the piece before was one that it could not even look at.
        with suppress(ValueError, av.error.FFmpegError):
            self._take(None)
        self._resampler = _resampler()


def pack_sound(samples: NDArray[np.int16], *, max_bytes: int) -> bytes:
    """The samples, (n,) int16, as FLAC where that fits, else as Opus."""
    packed = _encoded(samples, container="flac", codec="flac")
    if len(packed) <= max_bytes:
        return packed
    return _encoded(samples, container="ogg", codec="libopus", bit_rate=_OPUS_BITS_A_SECOND)


def unpack_sound(packed: bytes) -> NDArray[np.float32]:
    """What :func:`pack_sound` made, (n,) float32 at 16 kHz, -1 to 1."""
    resampler = _resampler()
    pieces = [np.zeros(0, dtype=np.int16)]
    with av.open(io.BytesIO(packed), mode="r") as container:
        for frame in (*container.decode(audio=0), None):
            pieces += [cast(NDArray[np.int16], piece.to_ndarray()[0]) for piece in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float32) / np.float32(32768)


def _encoded(samples: NDArray[np.int16], *, container: str, codec: str, bit_rate: int | None = None) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format=container) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=RATE_HZ, layout="mono"))
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        for start in range(0, len(samples), RATE_HZ):
            frame = AudioFrame.from_ndarray(samples[None, start : start + RATE_HZ], format="s16", layout="mono")
            frame.sample_rate = RATE_HZ
            frame.pts = start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return buffer.getvalue()
