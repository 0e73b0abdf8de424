"""How the first three seconds are scored: the formula that ``docs/hook-score.md`` gives the reasons for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What was measured in the first three seconds.

    Attributes:
        motion: Mean change of brightness between frames 1/25 s apart, 0-255, cuts left out.
        cuts: How many cuts there are.
        face_share: Share of the time with a face, 0 to 1.
        largest_face_share: Share of the frame that the largest face takes.
        text: Lines read from the screen.
        has_sound: Whether there is a sound track.
        speech_starts_at: Seconds until the first word, counted from the start; None without any in the whole video.
        loudness_dbfs: Root mean square of the sound, 0 for a full-scale square wave; None without sound or for silence.
    """

    motion: float
    cuts: int
    face_share: float
    largest_face_share: float
    text: tuple[str, ...]
    has_sound: bool
    speech_starts_at: float | None
    loudness_dbfs: float | None

    @property
    def words(self) -> int:
        """How many words stand on the screen; of scripts without spaces, two characters count as one."""
        unspaced = sum("\u3040" <= character <= "\u9fff" for line in self.text for character in line)
        spaced = sum(
            any(c.isalnum() and not "\u3040" <= c <= "\u9fff" for c in w) for t in self.text for w in t.split()
        )
        return spaced + (unspaced + 1) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class HookPart:
    """What one aspect adds to the score.

    Attributes:
        value: What was measured; None where there was nothing to measure.
        points: 0 to ``max_points``.
    """

    value: float | None
    points: float
    max_points: float

    @property
    def missing(self) -> float:
        """Points that were not reached."""
        return self.max_points - self.points


MAX_POINTS = {
    "motion": 15.0,
    "cuts": 10.0,
    "face": 15.0,
    "close_up": 10.0,
    "text": 20.0,
    "speech": 15.0,
    "loudness": 15.0,
}
"""Most points of each part; 100 together."""

MOTION = ((0.2, 0.0), (1.0, 0.5), (4.0, 1.0))
"""Change between frames and its share of the points: the noise of a still camera, a person talking, a moving camera."""

CUTS = ((0, 0.0), (1, 0.7), (2, 1.0), (4, 1.0), (9, 0.4))
"""Number of cuts and its share of the points: the best is two to four, more is harder to follow."""

FACE = ((0.0, 0.0), (0.5, 1.0))
"""Share of the time with a face and its share of the points: half of the opening leaves room for a product."""

CLOSE_UP = ((0.002, 0.0), (0.05, 1.0))
"""Share of the frame of the largest face and its share of the points: from 20 px on a phone to a head and shoulders."""

WORDS = ((0, 0.0), (1, 0.5), (3, 1.0), (12, 1.0), (30, 0.4))
"""Number of words on the screen and its share of the points: three seconds are enough to read about twelve."""

SPEECH_START = ((0.5, 1.0), (3.0, 0.2), (3.01, 0.0))
"""Seconds until the first word and its share of the points; none after the opening."""

LOUDNESS = ((-50.0, 0.0), (-20.0, 1.0))
"""Loudness in dBFS and its share of the points: from room noise to speech as platforms play it."""


def score_of(opening: Opening) -> dict[str, HookPart]:
    """The parts of the score by name; their points add up to 0 to 100."""
    starts, loudness = opening.speech_starts_at, opening.loudness_dbfs
    return {
        "motion": _part("motion", opening.motion, MOTION),
        "cuts": _part("cuts", opening.cuts, CUTS),
        "face": _part("face", opening.face_share, FACE),
        "close_up": _part("close_up", opening.largest_face_share, CLOSE_UP),
        "text": _part("text", opening.words, WORDS),
        "speech": _part("speech", starts, SPEECH_START),
        "loudness": _part("loudness", loudness, LOUDNESS),
    }


def total(parts: Sequence[HookPart]) -> float:
    """The score, 0 to 100, to one decimal."""
    return round(min(100.0, sum(part.points for part in parts)), 1)


def _part(name: str, value: float | None, curve: Sequence[tuple[float, float]]) -> HookPart:
    """Straight lines between the curve's points, level outside; nothing for nothing measured."""
    most = MAX_POINTS[name]
    if value is None:
        return HookPart(value=None, points=0.0, max_points=most)
    share = float(np.interp(value, [at for at, _ in curve], [share for _, share in curve]))
    return HookPart(value=round(float(value), 4), points=round(most * share, 2), max_points=most)
