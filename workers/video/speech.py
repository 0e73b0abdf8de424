"""What is said in a sound track, and when speech starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import BatchedInferencePipeline
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from workers.video.speech_model import SpeechModel, loaded

SAMPLE_RATE = 16_000
"""Sound samples a second that Silero and Whisper take."""

_BEAM = 5
_PAUSE_S = 0.7
_WINDOW_S = 30
_OWN_WINDOW_S = 5.0
_SURE_OF_LANGUAGE = 0.9
"""Clear speech reaches 0.94 to 1.0; short or noisy sounds that were taken for another language without Whisper's
silence, 0.74 at most."""

_SENTENCE_ENDS = tuple(".!?…\u3002\uff01\uff1f\u0964")  # the last four end Chinese, Japanese and Hindi sentences
_SPEECH = VadOptions(
    min_speech_duration_ms=200, min_silence_duration_ms=300, speech_pad_ms=400, max_speech_duration_s=_WINDOW_S
)
_FIRST_WORD = VadOptions(min_speech_duration_ms=200, min_silence_duration_ms=500, speech_pad_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word, with its punctuation and the space before it; times in seconds from the start of the sound."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Words spoken in one go; times in seconds from the start of the sound."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything that is said.

    Attributes:
        language: ISO 639-1 code as Whisper knows it; None without speech.
        segments: In the order of time, not overlapping; empty without speech.
    """

    language: str | None
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch with speech that Whisper reads at once, in seconds from the start of the sound."""

    start: float
    end: float


SILENCE = Transcript(language=None, segments=())
"""The transcript of a sound without speech."""


def speech_starts(sound: NDArray[np.float32]) -> float | None:
    """Seconds until the first word, or None without speech. Cheap: 0.3 % of real time, and no transcription.

    Args:
        sound: ``(n,) float32``, mono, 16 kHz, -1 to 1; may be empty.
    """
    chunks = get_speech_timestamps(sound, _FIRST_WORD) if sound.size else []
    return chunks[0]["start"] / SAMPLE_RATE if chunks else None


def speech_in(
    sound: NDArray[np.float32],
    *,
    model: str,
    models_dir: Path,
    report: Callable[[float], None] = lambda share: None,
) -> Transcript:
    """What is said in ``sound``.

    Args:
        sound: ``(n,) float32``, mono, 16 kHz, -1 to 1; may be empty.
        model: ``base``, or the folder of a CTranslate2 Whisper model (``Settings.speech_model``).
        models_dir: Where the shipped model is kept once joined.
        report: Called with the share done so far.

    Raises:
        ModelNotTrained: There is no such speech model.
        SourceUnavailable: The model cannot be put into ``models_dir`` now.
    """
    windows = windows_of(sound)
    if not windows:
        return SILENCE
    listener = Listener.to(sound, first=windows[0], model=model, models_dir=models_dir)
    words: list[Word] = []
    for window in windows:
        words += listener.words_in(window)
        report(min(1.0, window.end * SAMPLE_RATE / sound.size))
    return transcript_of(words, language=listener.language)


def transcript_of(words: Sequence[Word], *, language: str | None) -> Transcript:
    """The words in sentences; silence when there are none."""
    return Transcript(language=language, segments=sentences_of(words)) if words else SILENCE


def windows_of(sound: NDArray[np.float32]) -> list[Window]:
    """The stretches with speech, as few as fit into what Whisper reads at once, cut in silences.

    A long silence pays for a window of its own, and speech on both sides of it is better read apart.
    """
    windows: list[Window] = []
    for chunk in get_speech_timestamps(sound, _SPEECH) if sound.size else []:
        start, end = chunk["start"] / SAMPLE_RATE, chunk["end"] / SAMPLE_RATE
        last = windows[-1] if windows else None
        if last is not None and end - last.start <= _WINDOW_S and start - last.end < _OWN_WINDOW_S:
            windows[-1] = Window(start=last.start, end=end)
        else:
            windows.append(Window(start=start, end=end))
    return windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Reads the windows of one sound, each by itself.

    Attributes:
        sound: ``(n,) float32``, mono, 16 kHz.
        language: ISO 639-1 code of what is spoken in it.
        whisper: Reads.
    """

    sound: NDArray[np.float32]
    language: str
    whisper: SpeechModel

    @classmethod
    def to(
        cls, sound: NDArray[np.float32], *, first: Window, model: str, models_dir: Path, language: str | None = None
    ) -> "Listener":
        """One who knows the ``language``, or else hears it in the ``first`` window.

        Raises:
            ModelNotTrained: There is no such speech model.
            SourceUnavailable: The model cannot be put into ``models_dir`` now.
        """
        whisper = loaded(model, models_dir=models_dir)
        return cls(sound=sound, language=language or _language(whisper, sound, window=first), whisper=whisper)

    def words_in(self, window: Window) -> tuple[Word, ...]:
        """The words of one window; none where what was heard is no speech.

        A window is read in one go: sequential reading seeks to times that the model guesses, and so lost or doubled
        words around long silences. What is unclear without Whisper's usual silence after it is read with it.
        """
        found = self._read(window, by=self.whisper)
        same = self.whisper.reads_alike_filled(window.end - window.start)
        if not same and not all(is_clear(heard) for heard in found):
            found = self._read(window, by=self.whisper.filled())
        return tuple(
            Word(start=float(word.start), end=float(word.end), text=word.word)
            for heard in found
            if is_speech(heard)
            for word in heard.words
        )

    def _read(self, window: Window, *, by: SpeechModel) -> list[Any]:
        found, _ = BatchedInferencePipeline(by).transcribe(
            self.sound,
            language=self.language,
            beam_size=_BEAM,
            temperature=0.0,
            batch_size=1,
            clip_timestamps=[{"start": window.start, "end": window.end}],
            without_timestamps=True,
            word_timestamps=True,
        )
        return list(found)


def _language(whisper: SpeechModel, sound: NDArray[np.float32], *, window: Window) -> str:
    """ISO 639-1 code of the language of the speech in ``window``; if not sure, with Whisper's silence."""
    speech = sound[int(window.start * SAMPLE_RATE) : int(window.end * SAMPLE_RATE)]
    # without the last frame these are the very features that are read next: see SpeechModel
    features = whisper.feature_extractor(speech)[..., :-1]
    language, share, _ = whisper.detect_language(features=features)
    if share < _SURE_OF_LANGUAGE and not whisper.reads_alike_filled(window.end - window.start):
        language, _, _ = whisper.filled().detect_language(features=features)
    return str(language)


def is_clear(window: Any) -> bool:
    """Whether Whisper is sure of the words there: more so than of any that :func:`is_speech` leaves out."""
    return bool(window.avg_logprob >= -0.6 and window.compression_ratio <= 2.4)


def is_speech(window: Any) -> bool:
    """Whether Whisper heard words there, rather than made them up over music or noise.

    Thresholds between what was measured: clear speech scores a log probability of -0.05 to -0.6, a lone word -0.73,
    synthetic voices down to -0.89; made-up sentences over music -1.0 to -2.0. Singing had a no-speech probability of
    0.3 to 0.5. A loop compresses more than four times; Whisper's own bound of 2.4 would drop an advert that is heard
    twice in half a minute.
    """
    made_up = window.no_speech_prob > 0.3 and window.avg_logprob < -0.6
    return bool(window.avg_logprob > -0.95 and window.compression_ratio < 4.0 and not made_up)


def sentences_of(words: Sequence[Word]) -> tuple[Segment, ...]:
    """The words, parted at sentence ends and pauses."""
    groups: list[list[Word]] = []
    for word in words:
        if not groups or _ends_sentence(groups[-1][-1]) or word.start - groups[-1][-1].end > _PAUSE_S:
            groups.append([])
        groups[-1].append(word)
    return tuple(
        Segment(
            start=group[0].start,
            end=group[-1].end,
            text="".join(word.text for word in group).strip(),
            words=tuple(group),
        )
        for group in groups
    )


def _ends_sentence(word: Word) -> bool:
    text = word.text.strip()
    # "Mr." and "U.S." end none
    short = len(text) <= 4 and text[:1].isupper() and text.endswith(".")
    return text.endswith(_SENTENCE_ENDS) and not short
