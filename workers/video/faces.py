"""Where faces are, through a video."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from precompute.catalogue import FACE_DETECTION
from precompute.job import Job
from workers.binding import computes
from workers.video.face_check import confirmed
from workers.video.face_model import detector
from workers.video.samples import VideoSamples

LONG_SIDE_PX = 640
"""Pictures are looked at no larger than this; half of it is four times as fast, but loses faces under 20 px."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face's box as shares of the frame from its top left corner, wholly inside it, and how sure it is (0 to 1)."""

    x: float
    y: float
    width: float
    height: float
    confidence: float

    @property
    def share(self) -> float:
        """Share of the frame's area that the box takes."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSample:
    """The faces at one moment, in seconds on the video's clock; the largest first."""

    at: float
    faces: tuple[Face, ...]


@computes(FACE_DETECTION, reads=())
def detect_faces(samples: VideoSamples, *, job: Job) -> dict[str, Any]:
    """Where faces are, at each sampled frame.

    Raises:
        ModelNotTrained: The face model is missing.
        SourceUnavailable: The samples are gone meanwhile.
    """
    found = []
    for frame in samples.frames():
        found.append(FaceSample(at=frame.at, faces=faces_in(frame.bgr())))
        job.report(min(1.0, frame.at / samples.duration) if samples.duration else 0.0)
    return summary(found)


def faces_in(picture: NDArray[np.uint8]) -> tuple[Face, ...]:
    """The faces in one picture, the largest first.

    Args:
        picture: ``(height, width, 3) uint8``, BGR, of any size.

    Raises:
        ModelNotTrained: The face model is missing.
    """
    height, width = picture.shape[:2]
    if max(height, width) > LONG_SIDE_PX:
        width, height = (max(1, round(side * LONG_SIDE_PX / max(picture.shape[:2]))) for side in (width, height))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    found = [row for row in detector().faces(picture) if confirmed(picture, row)]
    faces = [_face(row, width_px=width, height_px=height) for row in found]
    return tuple(sorted((face for face in faces if face.share > 0), key=lambda face: -face.share))


def _face(row: NDArray[np.float32], *, width_px: int, height_px: int) -> Face:
    """The face of one row of YuNet's: left, top, width, height in pixels, confidence."""
    left, right = (float(np.clip(edge / width_px, 0, 1)) for edge in (row[0], row[0] + row[2]))
    top, bottom = (float(np.clip(edge / height_px, 0, 1)) for edge in (row[1], row[1] + row[3]))
    # what is left over of 1 after rounding up on both sides must not put the box outside
    x, y = round(left, 4), round(top, 4)
    return Face(
        x=x,
        y=y,
        width=round(min(right - left, 1 - x), 4),
        height=round(min(bottom - top, 1 - y), 4),
        confidence=round(min(1.0, float(row[4])), 3),
    )


def summary(found: Iterable[FaceSample]) -> dict[str, Any]:
    """The result of face detection: the samples, and what they say about the whole video.

    The share of the time is that of the samples, which are evenly spaced.
    """
    found = list(found)
    with_face = [sample for sample in found if sample.faces]
    return {
        "samples": [{"at": round(sample.at, 3), "faces": [asdict(face) for face in sample.faces]} for sample in found],
        "max_faces": max((len(sample.faces) for sample in found), default=0),
        "screen_share": round(len(with_face) / len(found), 4) if found else 0.0,
        "first_face_at": round(with_face[0].at, 3) if with_face else None,
        "largest_face_share": round(max((face.share for s in with_face for face in s.faces), default=0.0), 5),
    }
