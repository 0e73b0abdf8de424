"""Transcript, subtitles and a caption for posting."""

import logging
from collections.abc import Mapping
from typing import Any

from precompute.catalogue import CAPTION_GENERATION
from precompute.errors import SourceUnavailable
from precompute.fingerprint import title_of
from precompute.job import Computed, Job
from workers.binding import computes
from workers.sources import setting, worder
from workers.video.first_speech import FirstSpeech
from workers.video.hearing import VideoSound
from workers.video.remote_wording import worded_by, wording_service
from workers.video.samples import VideoSamples
from workers.video.speech import Listener, Transcript, transcript_of
from workers.video.subtitles import as_srt, as_vtt, cues_of
from workers.video.wording import Wording, worded_locally

logger = logging.getLogger(__name__)

VTT_PART = "captions.vtt"
"""Part with the WebVTT file, UTF-8."""

SRT_PART = "captions.srt"
"""Part with the SubRip file, UTF-8."""

_LISTENING_SHARE = 0.9


@computes(CAPTION_GENERATION, reads=(setting("speech_model"), worder))
def generate_captions(samples: VideoSamples, sound: VideoSound, speech: FirstSpeech, *, job: Job) -> Computed:
    """What is said, with times on the video's clock, as text and as subtitles, and how a post could put it.

    Returns:
        Fits :class:`precompute.results.video.CaptionGenerationSchema`, with the two subtitle files as parts. Without
        speech the transcript is empty and the language None.

    Raises:
        ModelNotTrained: The speech model is not there.
        SourceUnavailable: The sound is gone, or the speech model cannot be written to the data folder now.
    """
    transcript = _transcript(sound, speech, job=job)
    cues = cues_of(transcript.segments, starts_at=sound.starts_at, ends_at=samples.duration)
    vtt, srt = as_vtt(cues), as_srt(cues)
    wording = _wording(transcript, job=job)
    value: Mapping[str, Any] = {
        "language": transcript.language,
        "segments": _on_clock(transcript, starts_at=sound.starts_at),
        "text": transcript.text,
        "srt": srt,
        "vtt": vtt,
        "caption": wording.caption,
        "hashtags": list(wording.hashtags),
        "source": wording.source,
    }
    # Worded by ourselves because the service failed, it is to be worded again when its refresh is due.
    read = None if wording.source.startswith(worder(job)) else ("",)
    return Computed(value=value, parts={VTT_PART: vtt.encode(), SRT_PART: srt.encode()}, read=read)


def _transcript(sound: VideoSound, speech: FirstSpeech, *, job: Job) -> Transcript:
    """All that is said: what was read already, and the windows that are left."""
    words = list(speech.words)
    if speech.unread:
        listener = Listener.to(
            sound.samples(),
            first=speech.windows[0],
            model=job.settings.speech_model,
            models_dir=job.settings.data_dir / "models",
            language=speech.language,
        )
        for done, window in enumerate(speech.unread, start=1):
            words += listener.words_in(window)
            job.report(_LISTENING_SHARE * done / len(speech.unread))
    job.report(_LISTENING_SHARE)
    return transcript_of(words, language=speech.language)


def _on_clock(transcript: Transcript, *, starts_at: float) -> list[Mapping[str, Any]]:
    return [
        {"start": round(part.start + starts_at, 3), "end": round(part.end + starts_at, 3), "text": part.text}
        for part in transcript.segments
    ]


def _wording(transcript: Transcript, *, job: Job) -> Wording:
    """By the service whose key is set; by ourselves without one, and when it fails."""
    title = title_of(job.event)
    service = wording_service(job.settings)
    source = "local"
    if service is not None:
        timeout_s = job.settings.wording_timeout.total_seconds()
        try:
            return worded_by(service, text=transcript.text, title=title, timeout_s=timeout_s)
        except SourceUnavailable as problem:
            logger.warning(
                "a caption is worded locally",
                extra={"action": "wording_fell_back", "service": service.name, "reason": problem.message},
            )
            source = f"local ({service.name} failed: {problem.message})"
    return worded_locally(transcript.text, title=title, language=transcript.language, source=source)
