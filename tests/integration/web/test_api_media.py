"""Stills and subtitles over HTTP."""

import pytest
from api_bench import ApiBench

from precompute.urls import captions_path, thumbnail_path

VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nschön\n".encode()
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nhello\n"
JPEG = b"\xff\xd8\xff\xe0 not looked into \xff\xd9"


@pytest.fixture
def analysed(api: ApiBench) -> ApiBench:
    """With stills and subtitles of one video."""
    api.trigger()
    api.store("thumbnail_generation:video:v1", parts={"1.jpg": JPEG})
    api.store("caption_generation:video:v1", parts={"captions.vtt": VTT, "captions.srt": SRT})
    return api


@pytest.mark.parametrize(
    ("path", "content_type", "content"),
    [
        (thumbnail_path("v1", rank=1), "image/jpeg", JPEG),
        (captions_path("v1", extension="vtt"), "text/vtt; charset=utf-8", VTT),
        (captions_path("v1", extension="srt"), "application/x-subrip", SRT),
    ],
)
def test_parts_are_served_as_they_are(analysed: ApiBench, path: str, content_type: str, content: bytes) -> None:
    """Each part is served under the path that results name, byte for byte, and not sent again to who has it."""
    answer = analysed.client.get(path)
    assert (answer.status_code, answer.content_type, answer.data) == (200, content_type, content)
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    again = analysed.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        thumbnail_path("v1", rank=4),
        thumbnail_path("v1", rank=0),
        thumbnail_path("v1", rank=10**30),
        "/api/precompute/videos/v1/thumbnails/one.jpg",
        "/api/precompute/videos/v1/thumbnails/1.png",
        thumbnail_path("v2", rank=1),
        captions_path("v2", extension="vtt"),
        captions_path("v1", extension="txt"),
    ],
)
def test_what_is_not_there_is_not_found(analysed: ApiBench, path: str) -> None:
    """A rank, a video or a form that is not in the cache answers 404 in the usual shape."""
    answer = analysed.client.get(path)
    assert answer.status_code == 404
    assert answer.get_json()["success"] is False


def test_what_is_no_video_id_is_named(analysed: ApiBench) -> None:
    """Something that is no id answers 422 and is named."""
    answer = analysed.get("/videos/a%20b/captions.vtt")
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["video_id"])
