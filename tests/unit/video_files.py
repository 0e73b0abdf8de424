"""Tiny videos of every awkward kind, really encoded, for tests of decoding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (96, 64)
RATE = 25
SOUND_RATE = 48_000

RED, GREEN, BLUE = (0, 0, 200), (0, 200, 0), (200, 0, 0)
BLACK, GREY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)


def plain(color: tuple[int, int, int], *, size: tuple[int, int] = SIZE) -> np.ndarray:
    """One colour (BGR)."""
    return np.full((size[1], size[0], 3), color, dtype=np.uint8)


def pattern(seed: int, *, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Soft blotches of colour (BGR), others for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    rows, columns = np.arange(size[1]) * 4 // size[1], np.arange(size[0]) * 6 // size[0]
    return coarse[rows][:, columns]


def shots(*lengths: float, rate: int = RATE, size: tuple[int, int] = SIZE) -> Iterator[np.ndarray]:
    """Frames of one pattern after the other, each for its seconds."""
    for seed, seconds in enumerate(lengths):
        yield from [pattern(seed, size=size)] * round(seconds * rate)


def tone(seconds: float, *, hertz: float = 440.0, channels: int = 1, rate: int = SOUND_RATE) -> np.ndarray:
    """A sine, (channels, n) float32."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def video(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = RATE,
    times: Sequence[float] | None = None,
    display: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    sounds: Sequence[np.ndarray] = (),
    sound_starts: float = 0.0,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
) -> Path:
    """A video file of ``frames`` (BGR); its format follows from the ending of ``path``.

    ``times`` are those of the frames in seconds, ``display`` is the display matrix (nine 32-bit numbers), each of
    ``sounds`` a sound track (channels, n) at 48 kHz.
    """
    clock = Fraction(1, 12_800)
    with av.open(str(path), "w", options=dict(container or {})) as out:
        stream = None
        tracks = [out.add_stream("aac", rate=SOUND_RATE, layout=_layout(sound)) for sound in sounds]
        for number, image in enumerate(frames):
            if stream is None:
                quick = {"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {}
                stream = out.add_stream(codec, rate=rate, options={**quick, **(options or {})})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = pixels
                stream.codec_context.time_base = clock if times else Fraction(1, rate)
                if pixel_aspect:
                    stream.codec_context.sample_aspect_ratio = pixel_aspect
                if display:
                    stream.set_display_matrix(display)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(times[number] / clock) if times else number
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode())
        for track, sound in zip(tracks, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout=_layout(sound))
            frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
            frame.pts = round(sound_starts * SOUND_RATE)
            out.mux(track.encode(frame))
            out.mux(track.encode())
    return path


def _layout(sound: np.ndarray) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1"}[len(sound)]
