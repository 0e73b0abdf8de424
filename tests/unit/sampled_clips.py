"""Small clips, really encoded, and what the sampler makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import orjson

from precompute.job import Job
from precompute.settings import Settings
from workers.video.first_speech import FirstSpeech, hear_first_words
from workers.video.hearing import VideoSound, listened
from workers.video.samples import VideoSamples, sampled

SIZE = (320, 320)
FRAME_RATE = 25
SOUND_RATE = 16_000


@dataclass(frozen=True, slots=True)
class InMemory:
    """A stored result that is not in a cache."""

    value: Mapping[str, Any]
    parts: Mapping[str, bytes]

    def part(self, name: str) -> bytes:
        """The bytes kept under ``name``."""
        return self.parts[name]


def samples_of(path: Path) -> VideoSamples:
    """What an analysis of the file at ``path`` receives."""
    computed = sampled(path, settings=Settings(), report=lambda share: None)
    return VideoSamples(InMemory(computed.value, computed.parts))


def sound_of(path: Path) -> VideoSound:
    """What an analysis of the file at ``path`` receives of its sound."""
    computed = listened(path, settings=Settings())
    return VideoSound(InMemory(computed.value, computed.parts))


def speech_of(sound: VideoSound, *, job: Job) -> FirstSpeech:
    """What an analysis receives of what is said first, as it comes out of the cache."""
    return FirstSpeech.stored(InMemory(orjson.loads(orjson.dumps(hear_first_words(sound, job=job))), {}))


def clip(
    path: Path,
    *,
    scenes: Sequence[tuple[np.ndarray, float]],
    sound: np.ndarray | None = None,
    size: tuple[int, int] = SIZE,
) -> Path:
    """A video of still pictures (BGR), each shown for its seconds, with mono sound at 16 kHz when given."""
    frames = (cv2.resize(picture, size) for picture, seconds in scenes for _ in range(round(seconds * FRAME_RATE)))
    return moving_clip(path, frames=frames, sound=sound, size=size)


def moving_clip(path: Path, *, frames: Any, sound: np.ndarray | None = None, size: tuple[int, int] = SIZE) -> Path:
    """A video of ``frames`` (BGR, of ``size``), with mono sound at 16 kHz when given."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=FRAME_RATE, options={"crf": "18", "preset": "ultrafast"})
        pictures.width, pictures.height = size
        pictures.pix_fmt = "yuv420p"
        heard = None if sound is None else out.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for picture in frames:
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        out.mux(pictures.encode())
        if heard is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray(sound.astype(np.float32)[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, 0, Fraction(1, SOUND_RATE)
            out.mux(heard.encode(frame))
            out.mux(heard.encode())
    return path
