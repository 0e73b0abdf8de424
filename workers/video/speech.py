"""What is said in a sound track, and when speech starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps  # type: ignore[import-untyped]
from numpy.typing import NDArray

from workers.video.speech_model import SpeechModel, loaded

SAMPLE_RATE = 16_000
"""Sound samples a second that Silero and Whisper take."""

_BEAM = 5
_MARGIN_S = 1.0
_SPEECH = VadOptions(min_speech_duration_ms=200, min_silence_duration_ms=1000, speech_pad_ms=300)
_FIRST_WORD = VadOptions(min_speech_duration_ms=200, min_silence_duration_ms=500, speech_pad_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word, with its punctuation; times in seconds from the start of the sound."""

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
    until_s: float | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Transcript:
    """What is said in ``sound``.

    Args:
        sound: ``(n,) float32``, mono, 16 kHz, -1 to 1; may be empty.
        model: ``base``, or the folder of a CTranslate2 Whisper model (``Settings.speech_model``).
        models_dir: Where the shipped model is kept once joined.
        until_s: Only words that start before this many seconds; all when None.
        report: Called with the share done so far.

    Raises:
        ModelNotTrained: There is no such speech model.
        SourceUnavailable: The model cannot be put into ``models_dir`` now.
    """
    if until_s is not None:
        # a word at the very end is misread when it is cut in two
        sound = sound[: round((until_s + _MARGIN_S) * SAMPLE_RATE)]
    chunks = get_speech_timestamps(sound, _SPEECH) if sound.size else []
    if not chunks:
        return SILENCE
    whisper = loaded(model, models_dir=models_dir)
    language = _language(whisper, np.concatenate(collect_chunks(sound, chunks)[0]))
    found, _ = whisper.transcribe(
        sound,
        language=language,
        beam_size=_BEAM,
        temperature=0.0,
        # a window that went wrong must not lead the next one astray
        condition_on_previous_text=False,
        word_timestamps=True,
        vad_filter=True,
        vad_parameters=_SPEECH,
    )
    segments = tuple(_heard(found, until_s=until_s, report=report, seconds=sound.size / SAMPLE_RATE))
    return Transcript(language=language, segments=segments) if segments else SILENCE


def _language(whisper: SpeechModel, speech: NDArray[np.float32]) -> str:
    """ISO 639-1 code of the language of ``speech``; looks up to 90 s ahead when it is unsure."""
    # without the last frame these are the very features that transcribe() encodes: see SpeechModel
    features = whisper.feature_extractor(speech)[..., :-1]
    language, _, _ = whisper.detect_language(features=features, language_detection_segments=3)
    return str(language)


def _heard(
    found: Iterable[Any], *, until_s: float | None, report: Callable[[float], None], seconds: float
) -> Iterable[Segment]:
    for segment in found:
        report(min(1.0, segment.end / seconds))
        if _is_speech(segment):
            words = tuple(
                Word(start=float(word.start), end=float(word.end), text=word.word.strip())
                for word in segment.words
                if word.word.strip() and (until_s is None or word.start < until_s)
            )
            if words:
                text = "".join(word.word for word in segment.words[: len(words)]).strip()
                yield Segment(start=words[0].start, end=words[-1].end, text=text, words=words)


def _is_speech(segment: Any) -> bool:
    """Whether Whisper heard words there, rather than made them up over music or noise."""
    return bool(
        segment.avg_logprob > -1.0
        and segment.compression_ratio < 2.4
        and not (segment.no_speech_prob > 0.5 and segment.avg_logprob < -0.5)
    )
