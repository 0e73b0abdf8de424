"""What is said first in a video: read once, for its hook and for its captions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.catalogue import VIDEO_SPEECH
from precompute.job import Job, StoredResult
from workers.binding import computes
from workers.sources import setting
from workers.video.hearing import VideoSound
from workers.video.opening import opening_end_heard
from workers.video.speech import SAMPLE_RATE, Listener, Window, Word, speech_starts, windows_of

_TRIES = 2
"""Voice detection also goes off at singing and machines: of windows without words no more than this many are read. A
window costs a second and more, and what is said later is read with the captions, which nobody waits for so soon."""

_AFTER_WORD_S = 1.0
_EARLY_S = 1.0
"""Whisper's words start up to this much later than the voice; further apart, the voice before was no word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSpeech:
    """The windows with speech up to the first words, and those of the opening; times in seconds of the sound.

    Attributes:
        language: ISO 639-1 code; None when nothing had to be read.
        windows: All stretches with speech, also those that are still to be read.
        read: How many of them were read.
        words: In those.
        starts_at: When the first word is heard; None where no words were found.
    """

    language: str | None
    windows: tuple[Window, ...]
    read: int
    words: tuple[Word, ...]
    starts_at: float | None

    @classmethod
    def stored(cls, result: StoredResult) -> "FirstSpeech":
        """As the analyses receive it."""
        value = dict(result.value)
        windows = tuple(Window(**window) for window in value.pop("windows"))
        return cls(windows=windows, words=tuple(Word(**word) for word in value.pop("words")), **value)

    @property
    def unread(self) -> tuple[Window, ...]:
        """The windows that nobody has read yet."""
        return self.windows[self.read :]

    def said_before(self, end_s: float) -> str:
        """The words that start before then."""
        return "".join(word.text for word in self.words if word.start < end_s).strip()


@computes(VIDEO_SPEECH, opened_by=FirstSpeech.stored, reads=(setting("speech_model"),))
def hear_first_words(sound: VideoSound, *, job: Job) -> Mapping[str, Any]:
    """The first window with words, which of a video of half a minute is all that is said.

    Raises:
        ModelNotTrained: The speech model is not there.
        SourceUnavailable: The sound is gone, or the speech model cannot be written to the data folder now.
    """
    opening_s, models_dir = opening_end_heard(sound), job.settings.data_dir / "models"
    first = first_speech(sound.samples(), opening_s=opening_s, model=job.settings.speech_model, models_dir=models_dir)
    return asdict(first)


def first_speech(sound: NDArray[np.float32], *, opening_s: float, model: str, models_dir: Path) -> FirstSpeech:
    """What is said first in ``sound``, and in its first ``opening_s`` seconds.

    Args:
        sound: ``(n,) float32``, mono, 16 kHz.
        opening_s: Length of the opening.
        model: As :func:`workers.video.speech.speech_in` takes it.
        models_dir: The same.

    Raises:
        ModelNotTrained: There is no such speech model.
        SourceUnavailable: The model cannot be put into ``models_dir`` now.
    """
    windows = tuple(windows_of(sound))
    if not windows:
        return FirstSpeech(language=None, windows=(), read=0, words=(), starts_at=None)
    listener = Listener.to(sound, first=windows[0], model=model, models_dir=models_dir)
    words: list[Word] = []
    read = 0
    for window in windows:
        if read and window.start >= opening_s and (words or read >= _TRIES):
            break
        words += listener.words_in(window)
        read += 1
    starts_at = _start_of(words[0], sound=sound) if words else None
    return FirstSpeech(language=listener.language, windows=windows, read=read, words=tuple(words), starts_at=starts_at)


def _start_of(word: Word, *, sound: NDArray[np.float32]) -> float:
    """When the voice that says the word sets in: Whisper tells it to half a second, voice detection to a tenth."""
    since = max(0.0, word.start - _EARLY_S)
    part = sound[round(since * SAMPLE_RATE) : round((word.end + _AFTER_WORD_S) * SAMPLE_RATE)]
    voice = speech_starts(part)
    return round(word.start if voice is None else since + voice, 3)
