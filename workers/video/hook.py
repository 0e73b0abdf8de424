"""How well a video's first three seconds hold a viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from typing import Any

import numpy as np

from precompute.catalogue import HOOK_ANALYSIS
from precompute.job import Job
from workers.binding import computes
from workers.video.differences import FrameDifferences
from workers.video.faces import faces_in
from workers.video.first_speech import FirstSpeech
from workers.video.hearing import VideoSound
from workers.video.hook_advice import advice_for
from workers.video.hook_score import Opening, score_of, total
from workers.video.loudness import loudness_dbfs
from workers.video.opening import opening_end
from workers.video.samples import VideoSamples
from workers.video.scenes import find_cuts
from workers.video.speech import SAMPLE_RATE

REFERENCE_FRAME_RATE = 25.0
"""Motion is told as the change within 1/25 s, so that 60 frames a second do not look slower than 24."""


@computes(HOOK_ANALYSIS, reads=())
def analyse_hook(
    samples: VideoSamples, sound: VideoSound, speech: FirstSpeech, text: Mapping[str, Any], *, job: Job
) -> dict[str, Any]:
    """Score, parts, text, words and advice for the first three seconds.

    Args:
        samples: Of the video.
        sound: The same.
        speech: What is said first in it.
        text: What :func:`workers.video.first_text.read_first_text` gives.
        job: Only told how far it is.

    Raises:
        ModelNotTrained: The face model is missing.
        SourceUnavailable: Samples or sound are gone meanwhile.
    """
    end = opening_end(samples)
    differences = samples.differences()
    cuts = [cut for cut in find_cuts(differences, frame_rate=samples.frame_rate) if cut < end]
    faces = [faces_in(frame.bgr()) for frame in takewhile(lambda frame: frame.at < end, samples.frames())]
    job.report(0.9)
    opening = Opening(
        motion=motion_of(differences, until=end, cuts=cuts),
        cuts=len(cuts),
        face_share=sum(map(bool, faces)) / len(faces) if faces else 0.0,
        largest_face_share=max((face.share for found in faces for face in found), default=0.0),
        text=tuple(text["lines"]),
        has_sound=sound.has_sound,
        speech_starts_at=_first_word_at(speech, sound),
        loudness_dbfs=loudness_dbfs(sound.samples()[: max(0, round((end - sound.starts_at) * SAMPLE_RATE))]),
    )
    parts = score_of(opening)
    return {
        "score": total(list(parts.values())),
        "parts": {name: asdict(part) for name, part in parts.items()},
        "text": text["lines"],
        "spoken": speech.said_before(end - sound.starts_at),
        "speech_starts_at": opening.speech_starts_at,
        "advice": list(advice_for(opening, parts)),
    }


def _first_word_at(speech: FirstSpeech, sound: VideoSound) -> float | None:
    return None if speech.starts_at is None else max(0.0, speech.starts_at + sound.starts_at)


def motion_of(differences: FrameDifferences, *, until: float, cuts: Sequence[float]) -> float:
    """Mean change of brightness, 0 to 255 in 1/25 s, of the frames before ``until`` seconds; cuts are left out.

    The change between two frames of a moving picture grows with the time between them, so that it is divided by it.
    """
    steps = np.diff(differences.at, prepend=differences.at[:1])
    counted = (steps > 0) & (differences.at < until) & ~np.isin(differences.at, np.array(cuts))
    seconds = float(steps[counted].sum())
    return float(differences.luma[counted].sum()) / seconds / REFERENCE_FRAME_RATE if seconds else 0.0
