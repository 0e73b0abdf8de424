"""A second look at a face that the detector is not certain of."""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.video.face_model import detector

CERTAIN = 0.9
"""From this confidence on no second look is taken; nothing else than a face was given it in any trial."""

CONFIRMED = 0.55
"""Least confidence of the second look.

Of crops of 15 pictures and clips without people 29 places passed the first look, with up to 0.84: a headlight, a
coin, bricks, a cartoon bird. At the second 28 had at most 0.52, and a man seen blurred from behind 0.64; of 40 more
crops of the headlight, three passed both. Of 274 faces seen at first (large and small, in full light, a quarter and an
eighth of it) seven had less: painted over, or so dark that a person hardly sees them. It costs 1.3 ms a face.
"""

_SIDE_PX = 128
_TIMES_FACE = 3.0  # a face then is 43 px wide, the size that YuNet is surest of
_OFF_CENTRE = 0.15


def confirmed(picture: NDArray[np.uint8], row: NDArray[np.float32]) -> bool:
    """Whether a face that was found is found again, mirrored, at another size and without its surroundings.

    Args:
        picture: ``(height, width, 3) uint8``, BGR; the one looked at first.
        row: YuNet's, ``(5,) float32``: left, top, width and height in pixels, confidence.
    """
    if row[4] >= CERTAIN:
        return True
    left, top, width, height = (float(number) for number in row[:4])
    scale = _SIDE_PX / (_TIMES_FACE * max(width, height, 1.0))
    middle_x, middle_y = left + width / 2, top + height / 2
    mirrored = np.array([[-scale, 0, _SIDE_PX / 2 + middle_x * scale], [0, scale, _SIDE_PX / 2 - middle_y * scale]])
    crop = np.asarray(cv2.warpAffine(picture, mirrored, (_SIDE_PX, _SIDE_PX)), np.uint8)
    again = detector(CONFIRMED).faces(crop)
    return any(_in_the_middle(other, width_px=width * scale) for other in again)


def _in_the_middle(row: NDArray[np.float32], *, width_px: float) -> bool:
    centre = row[:2] + row[2:4] / 2
    near = bool(np.all(np.abs(centre - _SIDE_PX / 2) < _OFF_CENTRE * _SIDE_PX))
    return near and 0.5 < float(row[2]) / width_px < 2.0
