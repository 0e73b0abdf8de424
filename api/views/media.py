"""What a video's results only point to: stills and subtitles."""

import hashlib
from typing import Any

from flask import Response, request

from api.blueprint import NounBlueprint, answers, fails
from api.engine import engine
from precompute.catalogue import CAPTION_GENERATION, THUMBNAIL_GENERATION
from precompute.errors import UnknownPrecomputation
from precompute.subjects import Subject, SubjectRef, check_id
from precompute.task_type import TaskType

blueprint = NounBlueprint("media", __name__, description="The images and subtitles of a video.")

_CACHE_CONTROL = "private, max-age=60"
"""A new upload under the same id shows within a minute; until then a page of stills asks for none of them again."""

_HEADERS = {"ETag": "Names the content.", "Cache-Control": f"`{_CACHE_CONTROL}`"}

_IMAGE = {"type": "string", "format": "binary", "contentMediaType": "image/jpeg"}

_PARAMETERS = [
    {
        "in": "header",
        "name": "If-None-Match",
        "description": "The `ETag` of an earlier answer; unchanged content then answers 304.",
        "schema": {"type": "string"},
    }
]


def _served(about: str, content_type: str) -> dict[int, Any]:
    body = _IMAGE if content_type == "image/jpeg" else {"type": "string"}
    return {
        200: answers(about, schema=body, content_type=content_type, headers=_HEADERS),
        304: answers("The caller has it already.", headers=_HEADERS),
        **fails(404, 422, 503),
    }


@blueprint.route("/api/precompute/videos/<id:video_id>/thumbnails/<rank:rank>.jpg", parameters=_PARAMETERS)
@blueprint.doc(responses=_served("The image.", "image/jpeg"))
def get_thumbnail(video_id: str, rank: str) -> Response:
    """One of a video's best stills; rank 1 is the best."""
    return _part(THUMBNAIL_GENERATION, video_id, name=f"{rank}.jpg", content_type="image/jpeg")


@blueprint.route("/api/precompute/videos/<id:video_id>/captions.vtt", parameters=_PARAMETERS)
@blueprint.doc(responses=_served("WebVTT.", "text/vtt"))
def get_captions_vtt(video_id: str) -> Response:
    """A video's subtitles as WebVTT."""
    return _part(CAPTION_GENERATION, video_id, name="captions.vtt", content_type="text/vtt; charset=utf-8")


@blueprint.route("/api/precompute/videos/<id:video_id>/captions.srt", parameters=_PARAMETERS)
@blueprint.doc(responses=_served("SubRip.", "application/x-subrip"))
def get_captions_srt(video_id: str) -> Response:
    """A video's subtitles as SubRip."""
    return _part(CAPTION_GENERATION, video_id, name="captions.srt", content_type="application/x-subrip")


def _part(row: TaskType, video_id: str, *, name: str, content_type: str) -> Response:
    ref = SubjectRef(subject=Subject.VIDEO, id=check_id(video_id, field="video_id"))
    content = engine().get_part(row.key_for(ref), name)
    if content is None:
        raise UnknownPrecomputation(f"{row.key_for(ref)} has no {name} in the cache")
    answer = Response(content, content_type=content_type, headers={"Cache-Control": _CACHE_CONTROL})
    answer.set_etag(hashlib.blake2b(content, digest_size=9).hexdigest())
    answer.make_conditional(request)
    return answer
