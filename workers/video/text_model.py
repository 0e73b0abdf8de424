"""The reader of text in pictures: PP-OCRv6 as rapidocr ships it, loaded once per process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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


_LOOK_ROWS = 8
_SAME_LOOK = 10.0
"""Of 255: a letter more or less moves the colour of an eighth of a line's height further, and what encoding leaves of a
line that stands still moves it by 4 at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    look: NDArray[np.float32]
    line: tuple[str, float]


@dataclass(slots=True)
class ReadLines:
    """The lines read so far in the pictures of one video, with how they look: what stands still is read once.

    Reading a line takes as long as a third of looking for lines: captions that stand for three seconds, in four
    pictures, take .3 of .9 s less.
    """

    _read: list[_Read] = field(default_factory=list)

    def texts(
        self, strips: Sequence[NDArray[np.uint8]], *, read: Callable[[Any], Iterable[tuple[str, float]]]
    ) -> list[tuple[str, float]]:
        """Text and confidence of each strip of a picture; ``read`` tells those of the strips that are new."""
        looks = [_look(strip) for strip in strips]
        known = [self._known(look) for look in looks]
        new = [strip for strip, line in zip(strips, known, strict=True) if line is None]
        told = iter(read(new) if new else ())
        lines = [line or next(told) for line in known]
        # Not those that were known: by small steps one line can become another.
        was_known = zip(looks, lines, known, strict=True)
        self._read += [_Read(look=look, line=line) for look, line, before in was_known if before is None]
        return lines

    def _known(self, look: NDArray[np.float32]) -> tuple[str, float] | None:
        return next((one.line for one in reversed(self._read) if _same(one.look, look)), None)


def written_in(picture: NDArray[np.uint8], *, before: ReadLines | None = None) -> Iterator[tuple[Any, str, float]]:
    """Corners, text and confidence (0 to 1) of each line in a picture, in no order that is told.

    Args:
        picture: ``(height, width, 3) uint8``, BGR.
        before: The lines of earlier pictures of the same video; those of this one are added.
    """
    # Half a second, that only a process which reads text is to spend.
    from rapidocr.ch_ppocr_cls import TextClsOutput  # noqa: PLC0415
    from rapidocr.ch_ppocr_det.utils import ResizeImgError  # noqa: PLC0415
    from rapidocr.ch_ppocr_rec import TextRecOutput  # noqa: PLC0415
    from rapidocr.inference_engine.onnxruntime import ONNXRuntimeError  # noqa: PLC0415
    from rapidocr.main import RapidOCRError  # noqa: PLC0415
    from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

    # rapidocr's own steps (``run_ocr_steps``), so that lines that are known can be left out
    steps = reader()
    try:
        image, scale = steps.preprocess_img(picture)
        strips, found = steps.detect_and_crop(image, scale)
        if not strips:
            return
        lines = (before or ReadLines()).texts(strips, read=lambda new: _told(steps.recognize_txt(new)))
    except RapidOCRError:
        return  # it says so where there is no text
    except (ONNXRuntimeError, ResizeImgError) as problem:
        # rapidocr wraps whatever ends its run, a time limit too: what really happened goes on.
        raise problem.__cause__ or problem from None
    texts, scores = zip(*lines, strict=True)
    no_words = (None,) * len(lines)  # as its own recognizer gives it, whatever the type says
    read = TextRecOutput(strips, texts, list(scores), no_words, 0.0)  # type: ignore[arg-type]
    written = steps.build_final_output(picture, found, TextClsOutput(), read, strips, scale)
    if isinstance(written, RapidOCROutput) and written.boxes is not None:
        yield from zip(written.boxes, written.txts or (), written.scores or (), strict=True)


def _told(read: Any) -> Iterator[tuple[str, float]]:
    return zip(read.txts, read.scores, strict=True)


def _look(strip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The strip at a few pixels' height, averages of areas, so that noise does not count."""
    columns = max(1, round(strip.shape[1] * _LOOK_ROWS / strip.shape[0]))
    return np.asarray(cv2.resize(strip, (columns, _LOOK_ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return one.shape == other.shape and float(np.abs(one - other).max()) <= _SAME_LOOK


@cache
def reader() -> Any:
    """The detector and recognizer (a ``RapidOCR``), on one thread; the recognizer's model is loaded at its first use.

    The files lie in the rapidocr package, which checks their hashes itself and so fetches nothing.
    """
    from rapidocr import RapidOCR  # noqa: PLC0415 -- as above

    cv2.setNumThreads(1)
    steps: Any = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE_PX,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    _prepare_quickly(steps._load_det_model())
    return steps


def _prepare_quickly(detector: Any) -> None:
    """Let the detector look up what it makes of each of 256 values: the same, in 2.2 instead of 6.7 ms a picture.

    Args:
        detector: A ``TextDetector``, which else computes them at each picture, from a configuration read anew.
    """
    prepare = detector.get_preprocess()
    values = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    table = prepare.normalize(values).astype(np.float32)
    prepare.normalize = lambda picture: cv2.LUT(picture, table)
    detector.get_preprocess = lambda: prepare
