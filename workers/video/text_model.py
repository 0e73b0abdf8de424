"""The reader of text in pictures: PP-OCRv6 as rapidocr ships it, loaded once per process."""

from functools import cache

import cv2
from rapidocr import RapidOCR

DETECTION_SIDE_PX = 704
"""Longest side of the picture that text is looked for in; it is read from the full one.

Measured on text drawn over photographs, at 1080x1920: of letters 28 px high, 640 px missed a third and 704 px an
eighth (no better at 960); from 36 px on, all were found even at 480. One thread: 70, 105 and 175 ms a picture.
"""


@cache
def reader() -> RapidOCR:
    """The detector and recognizer, on one thread; their models are loaded at their first use.

    The files lie in the rapidocr package, which checks their hashes itself and so fetches nothing.
    """
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
