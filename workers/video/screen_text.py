"""The words that stand in a video's pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.video.text_model import ReadLines, written_in

CONFIDENCE = 0.8
"""Least confidence of a line. Drawn captions had 0.87 to 1.0; of shapes that only look like letters nine in ten
were below 0.8, and the rest (a lone 8 on a cup) were single characters."""

MOST_PICTURES = 4
"""Pictures read at most: of three seconds at two a second that leaves no gap over one second."""

_LEAST_CHARACTERS = 2
_LEAST_SIDE_PX = 16
"""No line can be read in less; and the reader makes such a strip larger until it takes more than a gigabyte."""

_CELLS = 16
_CELL_CHANGE = 10.0  # of 255: the mean of a cell with a letter more or less moves further, and noise does not
_SAME_WORDS = 0.8
_ONE_ROW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text.

    Attributes:
        text: As it was read.
        confidence: 0 to 1.
        box: Left, top, right and bottom as shares of the frame.
    """

    text: str
    confidence: float
    box: tuple[float, float, float, float]

    @property
    def height(self) -> float:
        """Share of the frame's height."""
        return self.box[3] - self.box[1]


def text_in(pictures: Iterable[NDArray[np.uint8]]) -> tuple[str, ...]:
    """The lines that stand in some of the pictures, each once, in the order they appear, top to bottom.

    Pictures that show nothing new against the one before are not read, and no more than :data:`MOST_PICTURES` are.

    Args:
        pictures: Each ``(height, width, 3) uint8``, BGR, in the order of time.
    """
    seen: list[TextLine] = []
    before = ReadLines()
    for picture in evenly(changed(pictures), most=MOST_PICTURES):
        for line in lines_in(picture, before=before):
            _add(seen, line)
    return tuple(line.text for line in seen)


def lines_in(picture: NDArray[np.uint8], *, before: ReadLines | None = None) -> tuple[TextLine, ...]:
    """The lines in one picture, as one reads them: top to bottom, and from the left within a row.

    Args:
        picture: ``(height, width, 3) uint8``, BGR.
        before: The lines of earlier pictures of the same video, which need not be read again.
    """
    height, width = picture.shape[:2]
    if min(height, width) < _LEAST_SIDE_PX:
        return ()
    lines = [
        TextLine(
            text=text.strip(), confidence=float(confidence), box=_upright(corners, width_px=width, height_px=height)
        )
        for corners, text, confidence in written_in(picture, before=before)
    ]
    return in_reading_order(line for line in lines if _legible(line))


def in_reading_order(lines: Iterable[TextLine]) -> tuple[TextLine, ...]:
    """The lines by rows from the top, and from left to right within a row.

    Two lines share a row when they overlap by half the height of the lower one; a fixed number of pixels, as
    rapidocr has it, mixes up rows of small text.
    """
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: line.box[1] + line.box[3]):
        if rows and _overlap(rows[-1][-1], line) >= _ONE_ROW * min(rows[-1][-1].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.box[0]))


def changed(pictures: Iterable[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """The pictures that differ anywhere from the last one kept, the first included.

    A caption may change in a corner of a still picture, so that what counts is the cell that changed most.
    """
    kept: list[NDArray[np.uint8]] = []
    last: NDArray[np.float32] | None = None
    for picture in pictures:
        # averages of areas, so that noise does not count; three times as fine as letters are wide
        small = np.asarray(cv2.resize(picture, (_CELLS * 4, _CELLS * 4), interpolation=cv2.INTER_AREA), np.float32)
        if last is None or float(np.abs(small - last).mean(axis=2).max()) > _CELL_CHANGE:
            kept.append(picture)
            last = small
    return kept


def evenly(pictures: Sequence[NDArray[np.uint8]], *, most: int) -> list[NDArray[np.uint8]]:
    """At most ``most`` of the pictures, from the first to the last in even steps."""
    if len(pictures) <= most:
        return list(pictures)
    return [pictures[index] for index in np.linspace(0, len(pictures) - 1, most).round().astype(int)]


def _upright(corners: NDArray[np.float32], *, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left) / width_px, float(top) / height_px, float(right) / width_px, float(bottom) / height_px


def _legible(line: TextLine) -> bool:
    return line.confidence >= CONFIDENCE and sum(map(str.isalnum, line.text)) >= _LEAST_CHARACTERS


def _overlap(one: TextLine, other: TextLine) -> float:
    return min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])


def _add(seen: list[TextLine], line: TextLine) -> None:
    """Add a line unless it was seen; of one that is typed letter by letter in its place, the longest stays."""
    for index, earlier in enumerate(seen):
        if _overlap(earlier, line) > 0 and _plain(line.text).startswith(_plain(earlier.text)):
            seen[index] = line
            return
        if _same(earlier.text, line.text) or (
            _overlap(earlier, line) > 0 and _plain(earlier.text).startswith(_plain(line.text))
        ):
            return
    seen.append(line)


def _same(one: str, other: str) -> bool:
    """Whether both are readings of one line; a digit is never misread for another, so "Step 1" is not "Step 2"."""
    one, other = _plain(one), _plain(other)
    digits = [[character for character in text if character.isdigit()] for text in (one, other)]
    return digits[0] == digits[1] and SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SAME_WORDS


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
