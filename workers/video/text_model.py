"""The reader of text in pictures: PP-OCRv6 as rapidocr ships it, loaded once per process."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

DETECTION_SIDE_PX = 704
"""Longest side of the picture that text is looked for in; it is read from the full one.

Measured on text drawn over photographs, at 1080x1920: of letters 28 px high, 640 px missed a third and 704 px an
eighth (no better at 960); from 36 px on, all were found even at 480. One thread: 70, 105 and 175 ms a picture.
"""


def written_in(picture: NDArray[np.uint8]) -> Iterator[tuple[Any, str, float]]:
    """Corners, text and confidence (0 to 1) of each line in a picture, in no order that is told.

    Args:
        picture: ``(height, width, 3) uint8``, BGR.
    """
    # Half a second, that only a process which reads text is to spend.
    from rapidocr.ch_ppocr_det.utils import ResizeImgError  # noqa: PLC0415
    from rapidocr.inference_engine.onnxruntime import ONNXRuntimeError  # noqa: PLC0415
    from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

    # rapidocr keeps what it was last told, so that all three are told each time
    try:
        found = reader()(picture, use_det=True, use_cls=False, use_rec=True)
    except (ONNXRuntimeError, ResizeImgError) as problem:
        # rapidocr wraps whatever ends its run, a time limit too: what really happened goes on.
        raise problem.__cause__ or problem from None
    if isinstance(found, RapidOCROutput) and found.boxes is not None:
        yield from zip(found.boxes, found.txts or (), found.scores or (), strict=True)


@cache
def reader() -> Any:
    """The detector and recognizer (a ``RapidOCR``), on one thread; their models are loaded at their first use.

    The files lie in the rapidocr package, which checks their hashes itself and so fetches nothing.
    """
    from rapidocr import RapidOCR  # noqa: PLC0415 -- as above

    cv2.setNumThreads(1)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE_PX,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
