"""Candidates for thumbnails: sharp, well exposed, not in a transition, and spread over the video."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from workers.video.jpeg import JpegWriter, decode_jpeg
from workers.video.picture import Scaler

MOST_STILLS = 24

_BETWEEN_CANDIDATES_SECONDS = 0.25
_WAIT_SECONDS = 0.15
"""For a frame of a better kind: those between others (B) are given the fewest bits, and are not filtered."""

_SHORTEST_SLOT_SECONDS = 0.5
_STEADY_DIFFERENCE = 5.0
"""A difference to a neighbour (mean of hue, saturation, value; 0-255) that halves a frame's worth. Standing shots of
the clips tried have 0.3 to 3, dissolves 4 to 12, cuts from 15."""

_DARK, _BRIGHT, _FLAT = 60.0, 215.0, 30.0
"""Mean value below or above which, and spread of values below which a frame loses worth (0-255)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A frame at its own size, upright, at most 1280 px on the long side.

    Attributes:
        at: Seconds on the container's clock.
        jpeg: The image.
    """

    at: float
    jpeg: bytes
    width_px: int
    height_px: int

    def bgr(self) -> NDArray[np.uint8]:
        """The image, (height_px, width_px, 3) uint8, BGR; decoded anew at each call."""
        return decode_jpeg(self.jpeg)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    at: float
    frame: VideoFrame
    jump: float
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    slot: int
    worth: float
    still: Still


@dataclass(slots=True, kw_only=True)
class StillPicker:
    """Picks stills while frames go by, without knowing how many will come.

    Time is divided into slots, and the best frame of each is kept. When there are more slots than stills, pairs of
    slots become one. Only winners are turned into images.

    Attributes:
        scaler: Makes the images.
        max_bytes: For one still.
        slot_seconds: Length of a slot; grows.
    """

    scaler: Scaler
    max_bytes: int
    slot_seconds: float = _SHORTEST_SLOT_SECONDS
    _first_at: float = math.nan
    _next_at: float = -math.inf
    _waiting: _Candidate | None = None
    _best: _Candidate | None = None
    _chosen: list[_Chosen] = field(default_factory=list)
    _writer: JpegWriter = field(default_factory=lambda: JpegWriter(keeps_size=True))

    def add(self, frame: VideoFrame, *, at: float, hsv: NDArray[np.uint8], jump: float) -> None:
        """Look at the next frame; ``hsv`` is a small copy and ``jump`` its difference to the frame before (0-255)."""
        if self._waiting is not None:
            self._settle(self._waiting, jump_after=jump)
            self._waiting = None
        if at < self._next_at or (frame.pict_type == PictureType.B and at < self._next_at + _WAIT_SECONDS):
            return
        self._first_at = at if math.isnan(self._first_at) else self._first_at
        self._next_at = at + _BETWEEN_CANDIDATES_SECONDS
        self._waiting = _Candidate(at=at, frame=frame, jump=jump, worth=_worth(hsv))

    def finish(self) -> list[Still]:
        """The stills, by time; at least one when there was a frame."""
        if self._waiting is not None:
            self._settle(self._waiting, jump_after=0.0)
        self._close_slot()
        return [chosen.still for chosen in self._chosen]

    def _settle(self, candidate: _Candidate, *, jump_after: float) -> None:
        steadiness = 1 / (1 + max(candidate.jump, jump_after) / _STEADY_DIFFERENCE)
        settled = _Candidate(
            at=candidate.at, frame=candidate.frame, jump=candidate.jump, worth=candidate.worth * steadiness
        )
        if self._best is not None and self._slot(self._best.at) != self._slot(settled.at):
            self._close_slot()
        if self._best is None or settled.worth > self._best.worth:
            self._best = settled

    def _close_slot(self) -> None:
        if self._best is None:
            return
        image = self.scaler.image(self._best.frame)
        height, width = image.shape[:2]
        jpeg = self._writer.write(image, max_bytes=self.max_bytes)
        still = Still(at=self._best.at, jpeg=jpeg, width_px=width, height_px=height)
        self._chosen.append(_Chosen(slot=self._slot(self._best.at), worth=self._best.worth, still=still))
        self._best = None
        if len(self._chosen) > MOST_STILLS:
            self._join_slots()

    def _join_slots(self) -> None:
        self.slot_seconds *= 2
        joined: dict[int, _Chosen] = {}
        for chosen in self._chosen:
            slot = self._slot(chosen.still.at)
            if slot not in joined or chosen.worth > joined[slot].worth:
                joined[slot] = chosen
        self._chosen = list(joined.values())

    def _slot(self, at: float) -> int:
        return math.floor((at - self._first_at) / self.slot_seconds)


def slot_seconds(seconds: float | None) -> float:
    """How long a slot must be for a video of this length, when it is known, so that slots need not be joined."""
    return max(_SHORTEST_SLOT_SECONDS, (seconds or 0.0) / MOST_STILLS * 1.001)


def _worth(hsv: NDArray[np.uint8]) -> float:
    """Sharpness (log variance of the Laplacian, Pech-Pacheco 2000) times how well exposed and how varied it is."""
    value = np.ascontiguousarray(hsv[:, :, 2])
    sharpness = math.log1p(float(cv2.meanStdDev(cv2.Laplacian(value, cv2.CV_16S))[1][0, 0]) ** 2)
    mean, spread = (float(number[0, 0]) for number in cv2.meanStdDev(value))
    exposure = min(1.0, mean / _DARK, (255.0 - mean) / (255.0 - _BRIGHT))
    return sharpness * max(0.05, exposure) * max(0.05, min(1.0, spread / _FLAT))
