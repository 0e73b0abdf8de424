"""What results are computed from besides their inputs and their event, so that a refresh can see that nothing changed.

Each is a :data:`workers.binding.Source`: a short text that changes whenever what it stands for does.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version as installed_version
from math import log

import orjson

from models.registry import ModelKind, registry_in
from models.tallies import day_of
from precompute.errors import BadParameters, ModelNotTrained, UnusableSource
from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.media import VideoSource, locate_video
from precompute.subjects import Subject
from workers.binding import Source
from workers.learning import GROWTH
from workers.video.fetch import version_of


def token_of(read: Iterable[str], *, inputs: Iterable[str]) -> str:
    """18 hexadecimal digits that change with anything a result is computed from; ``""`` when that is not known.

    The version of this service counts too: its next release may compute differently, and no refresh would ever notice.

    Args:
        read: What the row's own sources said.
        inputs: Tokens of its inputs, in the row's order.
    """
    read, inputs = list(read), list(inputs)
    if not all((*read, *inputs)):
        return ""
    text = orjson.dumps([_release(), read, inputs])
    return hashlib.blake2b(text, digest_size=9).hexdigest()


def video_source(job: Job) -> VideoSource:
    """Where the video of the event is.

    Raises:
        UnusableSource: It is there no more.
    """
    if not isinstance(job.event, VideoUploaded):
        raise UnusableSource("only a video can be sampled", code="video_missing")
    try:
        return locate_video(job.event, media_root=job.settings.media_root)
    except BadParameters as problem:
        # It was there when the trigger was answered.
        raise UnusableSource(problem.message, code="video_missing") from problem


def video_version(job: Job) -> str:
    """The video itself.

    Raises:
        SourceUnavailable: Its server cannot be asked now.
    """
    try:
        return version_of(video_source(job), settings=job.settings)
    except UnusableSource as problem:
        # Another state than any that results were computed from: computing anew tells why it cannot be.
        return f"unusable {problem.code}"


def outcomes(job: Job) -> str:
    """What was reported of the subject. Reports are only ever added, so their number tells."""
    return str(job.facts.totals(job.event.subject, job.event.subject_id).outcomes)


def account(job: Job) -> str:
    """The videos and campaigns of the event's user, and what was reported of them."""
    return job.facts.account_mark(job.event.user_id)


def platform(subject: Subject) -> Source:
    """Everybody's outcomes of one kind, up to as many more as learning ignores."""

    def reported(job: Job) -> str:
        return str(int(log(job.facts.reported(subject) + 1) / log(1 + GROWTH)))

    return reported


def model(kind: ModelKind) -> Source:
    """The version of a learned model that is in use."""

    def in_use(job: Job) -> str:
        try:
            return registry_in(job.settings.data_dir).in_use(kind).version
        except ModelNotTrained:
            return "none"

    return in_use


def fixed(name: str) -> Source:
    """Something that changes with the code alone, as the version of a prior."""
    return lambda _job: name


def today(job: Job) -> str:
    """The day, in UTC: series end with it."""
    return str(day_of(job.at))


def setting(name: str) -> Source:
    """A setting of the service that results depend on."""
    return lambda job: str(getattr(job.settings, name))


def worder(job: Job) -> str:
    """Who words texts: the service whose key is set, or nobody else."""
    keys = {"openai": job.settings.openai_api_key, "anthropic": job.settings.anthropic_api_key}
    return next((name for name, key in keys.items() if key), "local")


@cache
def _release() -> str:
    # Reading it anew was most of what a task that does nothing cost beside its scripts: 0.5 of 0.8 ms.
    return installed_version("predictive-precompute")
