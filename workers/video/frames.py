"""Frames kept at a steady pace, for looking at what they show."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from workers.video.jpeg import JpegWriter, decode_jpeg
from workers.video.picture import Scaler

FRAMES_A_SECOND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFrame:
    """One frame, upright.

    Attributes:
        at: Seconds on the container's clock.
        jpeg: The image.
    """

    at: float
    jpeg: bytes

    def bgr(self) -> NDArray[np.uint8]:
        """The image, (height, width, 3) uint8, BGR; decoded anew at each call."""
        return decode_jpeg(self.jpeg)


@dataclass(slots=True, kw_only=True)
class FrameSampler:
    """Keeps the first frame at or after each half second since the first.

    Attributes:
        scaler: Makes the images.
        bytes_left: For all frames still to come. Each may take its even share of it, so what plain frames leave goes to
            busy ones.
        most_bytes: For one frame.
        kept: The frames so far.
    """

    scaler: Scaler
    bytes_left: int
    most_bytes: int
    kept: list[SampledFrame] = field(default_factory=list)
    _writer: JpegWriter = field(default_factory=JpegWriter)
    _next_at: float = -math.inf

    def add(self, frame: VideoFrame, *, at: float, seconds_left: float) -> bool:
        """Keep the next frame if it is due; ``seconds_left`` is how long frames will still come, as far as known."""
        if at < self._next_at:
            return False
        first_at = self.kept[0].at if self.kept else at
        # A thousandth forgives times that were rounded to milliseconds.
        self._next_at = first_at + (math.floor((at - first_at) * FRAMES_A_SECOND + 0.001) + 1) / FRAMES_A_SECOND - 0.001
        share = self.bytes_left // (math.floor(max(0.0, seconds_left) * FRAMES_A_SECOND) + 1)
        jpeg = self._writer.write(self.scaler.image(frame), max_bytes=min(self.most_bytes, share))
        self.bytes_left -= len(jpeg)
        self.kept.append(SampledFrame(at=at, jpeg=jpeg))
        return True


def pack_jpegs(jpegs: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """The images one after the other, and the size of each in bytes."""
    return b"".join(jpegs), [len(jpeg) for jpeg in jpegs]


def unpack_jpegs(packed: bytes, *, sizes: Sequence[int]) -> Iterator[bytes]:
    """What :func:`pack_jpegs` made, one image after the other."""
    start = 0
    for size in sizes:
        yield packed[start : start + size]
        start += size
