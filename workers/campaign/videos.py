"""What is known of a campaign's videos, where their analyses are in the cache already."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import orjson

from precompute.catalogue import CAPTION_GENERATION, HOOK_ANALYSIS
from precompute.errors import BadParameters
from precompute.job import Job
from precompute.subjects import Subject, SubjectRef, check_id
from precompute.task_type import TaskType
from workers.campaign.brief import Brief, brief_of
from workers.campaign.writing import HEADLINE_LENGTH

MOST_VIDEOS = 5
"""Videos of a campaign that are looked at."""

_QUOTE_LENGTH = 80
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")


def with_videos(brief: Brief, *, job: Job) -> Brief:
    """The brief with ``hook`` (words on the screen of a video's opening) and ``quote`` (something said in it).

    Without a language of its own the brief takes that of the first transcript; a transcript in another language
    than the brief's is not quoted.
    """
    hooks = [line for found in _results(brief, HOOK_ANALYSIS, job=job) for line in found.get("text") or ()]
    language, quote = brief.language, None
    for captions in _results(brief, CAPTION_GENERATION, job=job):
        language = language or captions.get("language")
        if captions.get("language") == language:
            quote = quote or _quotable(str(captions.get("text") or ""))
    found = {"hook": next(filter(None, map(_headline, hooks)), None), "quote": quote}
    slots = dict(brief.slots) | {name: text for name, text in found.items() if text}
    return replace(brief, language=language, slots=slots)


def looked_up(job: Job) -> str:
    """The results that :func:`with_videos` finds now, for refreshes to see whether they are still the same."""
    brief = brief_of(job.event.data, campaign_id=job.event.subject_id)
    found = [list(_results(brief, row, job=job)) for row in (HOOK_ANALYSIS, CAPTION_GENERATION)]
    return blake2b(orjson.dumps(found, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()


def _results(brief: Brief, row: TaskType, *, job: Job) -> Iterator[Mapping[str, Any]]:
    for video_id in brief.video_ids[:MOST_VIDEOS]:
        try:
            ref = SubjectRef(subject=Subject.VIDEO, id=check_id(video_id, field="video_ids"))
        except BadParameters:
            continue
        found = job.peek(row.key_for(ref))
        if found is not None:
            yield found


def _headline(line: str) -> str | None:
    """A line from the screen as a headline: at least two words, not shouted; None when it is none."""
    text = " ".join(str(line).split()).rstrip(" .,;:")
    if len(text) > HEADLINE_LENGTH or len(re.findall(r"[^\W\d_]{2,}", text)) < 2:
        return None
    return text.capitalize() if text.isupper() else text


def _quotable(text: str) -> str | None:
    """The first sentence of a transcript that is long enough to say something and short enough to quote."""
    for sentence in _SENTENCE.findall(text):
        words = str(sentence).strip(' "\u201c\u201d').rstrip(" .,")
        if len(words) <= _QUOTE_LENGTH and len(words.split()) >= 4:
            return words
    return None
