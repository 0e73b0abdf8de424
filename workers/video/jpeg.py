"""Images as JPEG that must not be larger than a number of bytes."""

from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

_SHRINKING = ((1.0, 85), (1.0, 70), (1.0, 55), (0.75, 55), (0.5, 50), (0.5, 30), (0.25, 40))
"""Share of the size and JPEG quality, tried in turn: faces are found as well at quality 55, and at half the size."""

_KEEPING_SIZE = tuple((1.0, quality) for quality in (88, 75, 60, 45, 30, 15, 5))


def decode_jpeg(jpeg: bytes) -> NDArray[np.uint8]:
    """The image, (height, width, 3) uint8, BGR."""
    return cast(NDArray[np.uint8], cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR))


@dataclass(slots=True, kw_only=True)
class JpegWriter:
    """Writes images of one kind, each within a number of bytes, however noisy they are.

    Attributes:
        keeps_size: Whether only the quality may suffer.
    """

    keeps_size: bool = False
    _step: int = field(default=0)

    def write(self, image: NDArray[np.uint8], *, max_bytes: int) -> bytes:
        """The image, (height, width, 3) uint8, BGR, as JPEG; larger only where the last resort is."""
        steps = _KEEPING_SIZE if self.keeps_size else _SHRINKING
        # Neighbours are alike: starting one step better than the last one saves trying all of them on noise.
        self._step = max(0, self._step - 1)
        jpeg = _encoded(image, *steps[self._step])
        while len(jpeg) > max_bytes and self._step < len(steps) - 1:
            self._step += 1
            jpeg = _encoded(image, *steps[self._step])
        return jpeg


def _encoded(image: NDArray[np.uint8], share: float, quality: int) -> bytes:
    if share < 1.0:
        size = (max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share)))
        image = cast(NDArray[np.uint8], cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
