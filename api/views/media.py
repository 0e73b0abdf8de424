"""What a video's results only point to: stills and subtitles."""

import hashlib
from typing import Any

from flask import Response, request

from api.blueprint import NounBlueprint, answers
from api.read_parameters import MISSED, PARAMETERS, X_CACHE
from api.reading import find, miss, x_cache
from precompute.catalogue import CAPTION_GENERATION, THUMBNAIL_GENERATION
from precompute.entry import Entry, Miss
from precompute.subjects import Subject, SubjectRef, check_id
from precompute.task_type import TaskType

blueprint = NounBlueprint("media", __name__, description="The images and subtitles of a video.")

_MOST_KEPT_S = 60
"""A new upload under the same id shows within a minute; until then a page of stills asks for none of them again."""

_HEADERS = {
    "ETag": "Names the content.",
    "Cache-Control": f"`private, max-age=` the seconds its result stays fresh, {_MOST_KEPT_S} at most.",
    **X_CACHE,
}

_IMAGE = {"type": "string", "format": "binary", "contentMediaType": "image/jpeg"}


def _served(about: str, content_type: str) -> dict[int, Any]:
    body = _IMAGE if content_type == "image/jpeg" else {"type": "string"}
    return {
        200: answers(about, schema=body, content_type=content_type, headers=_HEADERS),
        304: answers("The caller has it already.", headers=_HEADERS),
        **MISSED,
    }


@blueprint.route("/api/precompute/videos/<id:video_id>/thumbnails/<rank:rank>.jpg", parameters=PARAMETERS)
@blueprint.doc(responses=_served("The image.", "image/jpeg"))
def get_thumbnail(video_id: str, rank: str) -> Response:
    """One of a video's best stills; rank 1 is the best.

    A read of `thumbnail_generation`: as fresh, counted and refreshed as that, and missing with it.
    """
    return _part(THUMBNAIL_GENERATION, video_id, name=f"{rank}.jpg", content_type="image/jpeg")


@blueprint.route("/api/precompute/videos/<id:video_id>/captions.vtt", parameters=PARAMETERS)
@blueprint.doc(responses=_served("WebVTT.", "text/vtt"))
def get_captions_vtt(video_id: str) -> Response:
    """A video's subtitles as WebVTT.

    A read of `caption_generation`: as fresh, counted and refreshed as that, and missing with it.
    """
    return _part(CAPTION_GENERATION, video_id, name="captions.vtt", content_type="text/vtt; charset=utf-8")


@blueprint.route("/api/precompute/videos/<id:video_id>/captions.srt", parameters=PARAMETERS)
@blueprint.doc(responses=_served("SubRip.", "application/x-subrip"))
def get_captions_srt(video_id: str) -> Response:
    """A video's subtitles as SubRip.

    A read of `caption_generation`: as fresh, counted and refreshed as that, and missing with it.
    """
    return _part(CAPTION_GENERATION, video_id, name="captions.srt", content_type="application/x-subrip")


def _part(row: TaskType, video_id: str, *, name: str, content_type: str) -> Response:
    ref = SubjectRef(subject=Subject.VIDEO, id=check_id(video_id, field="video_id"))
    found = find(row.key_for(ref), request, part=name)
    if isinstance(found, Miss):
        return miss(found)
    answer = Response(found.body, content_type=content_type, headers=_headers(found))
    answer.set_etag(hashlib.blake2b(found.body, digest_size=9).hexdigest())
    answer.make_conditional(request)
    return answer


def _headers(entry: Entry) -> dict[str, str]:
    # No Age: of a result that is hours old a browser would take the minute for over, and ask for each still again.
    fresh_s = min(_MOST_KEPT_S, int(entry.expires_in_seconds))
    return {"Cache-Control": f"private, max-age={fresh_s}", "X-Cache": x_cache(entry)}
