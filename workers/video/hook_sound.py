"""What is heard in the first seconds: how loud, and what is said."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workers.video.speech import SAMPLE_RATE, speech_in, speech_starts

SILENT_DBFS = -60.0
"""Below this nobody hears anything on a phone."""

_SLICE_S = 30.0
_TRIES = 2
_LEAD_S = 0.5
_CHECK_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWords:
    """When speech starts, in seconds from the start of the sound, and the words of the opening."""

    start: float | None
    spoken: str


SILENCE = FirstWords(start=None, spoken="")
"""Nobody speaks."""


def loudness_dbfs(sound: NDArray[np.float32]) -> float | None:
    """Root mean square level against full scale, or None for silence or no sound.

    Not EBU R 128: its gates and filters tell programmes apart, not a silent opening from a loud one.

    Args:
        sound: ``(n,) float32``, -1 to 1.
    """
    if not sound.size:
        return None
    level = 20 * np.log10(max(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))), 1e-9))
    return round(float(level), 1) if level > SILENT_DBFS else None


def first_words(sound: NDArray[np.float32], *, opening_s: float, model: str, models_dir: Path) -> FirstWords:
    """When speech starts in ``sound``, and what is said in its first ``opening_s`` seconds.

    Voice detection is cheap but also goes off at singing and machines, so that a start counts only if words are
    understood there; transcribing takes a second whatever the length, so that only two starts are tried.

    Args:
        sound: ``(n,) float32``, mono, 16 kHz.
        opening_s: Length of the opening.
        model: As :func:`workers.video.speech.speech_in` takes it.
        models_dir: The same.

    Raises:
        ModelNotTrained: There is no such speech model.
        SourceUnavailable: The model cannot be put into ``models_dir`` now.
    """
    after_s = 0.0
    for _ in range(_TRIES):
        start = _voice_after(sound, after_s=after_s)
        if start is None:
            return SILENCE
        # the opening is heard as a whole; a later start with a little before it
        from_s = 0.0 if start < opening_s else start - _LEAD_S
        until_s = max(opening_s, start + _CHECK_S) if start < opening_s else _LEAD_S + _CHECK_S
        heard = speech_in(sound[round(from_s * SAMPLE_RATE) :], model=model, models_dir=models_dir, until_s=until_s)
        if heard.segments:
            words = [word for segment in heard.segments for word in segment.words if from_s + word.start < opening_s]
            return FirstWords(start=round(start, 3), spoken="".join(word.text for word in words).strip())
        after_s = from_s + until_s
    return SILENCE


def _voice_after(sound: NDArray[np.float32], *, after_s: float) -> float | None:
    """Seconds until the first voice after ``after_s``; looks no further ahead than it must."""
    while after_s * SAMPLE_RATE < sound.size:
        start = speech_starts(sound[round(after_s * SAMPLE_RATE) : round((after_s + _SLICE_S) * SAMPLE_RATE)])
        if start is not None:
            return after_s + start
        after_s += _SLICE_S
    return None
