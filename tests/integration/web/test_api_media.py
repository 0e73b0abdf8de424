"""Stills and subtitles over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from api_bench import ApiBench

from api.answers import CacheMissSchema
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
    assert (answer.headers["Cache-Control"], answer.headers["X-Cache"]) == ("private, max-age=60", "HIT")
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


PARTS = (thumbnail_path("v1", rank=1), captions_path("v1", extension="vtt"), captions_path("v1", extension="srt"))


@pytest.mark.parametrize("path", PARTS)
def test_a_stale_part_is_served_and_refreshed(analysed: ApiBench, path: str) -> None:
    """As its result is: marked, kept by nobody, and computed anew."""
    analysed.clock.now += timedelta(hours=24)
    answer = analysed.client.get(path)
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")
    assert answer.headers["Cache-Control"] == "private, max-age=0"
    row = "thumbnail_generation" if path.endswith(".jpg") else "caption_generation"
    assert analysed.get("/status/video/v1").get_json()["tasks"][row]["state"] == "queued"
    assert analysed.precomputer.measures().by_type[row].stale_hits == 1


@pytest.mark.parametrize("path", PARTS)
def test_a_part_is_gone_with_its_result(analysed: ApiBench, path: str) -> None:
    """When its time is over, though its bytes are kept for errors."""
    analysed.clock.now += timedelta(hours=26)
    answer = analysed.client.get(path)
    assert (answer.status_code, answer.get_json()["status"]) == (404, "missing")


@pytest.mark.parametrize("path", PARTS)
def test_a_part_is_kept_no_longer_than_its_result_is_fresh(analysed: ApiBench, path: str) -> None:
    """Also within its last minute."""
    analysed.clock.now += timedelta(hours=24, seconds=-7.5)
    assert analysed.client.get(path).headers["Cache-Control"] == "private, max-age=7"


@pytest.mark.parametrize("path", PARTS)
def test_a_part_is_missing_as_its_result_is(api: ApiBench, path: str) -> None:
    """Nobody computes it, it is on its way, it failed: with all that the result's answer says."""
    key = f"{'thumbnail' if path.endswith('.jpg') else 'caption'}_generation:video:v1"

    def says(status: str) -> None:
        part, whole = api.client.get(path), api.get(f"/cache/{key}")
        assert (part.status_code, part.get_json()) == (404, whole.get_json())
        assert part.get_json()["status"] == status
        assert CacheMissSchema().validate(part.get_json()) == {}
        for name in ("X-Cache", "Cache-Control", "Retry-After", "Content-Type"):
            assert part.headers.get(name) == whole.headers.get(name)

    says("missing")
    api.trigger()
    says("processing")
    api.fail(key)
    says("failed")


def test_subtitles_that_are_on_their_way_are_waited_for(api: ApiBench) -> None:
    """`wait` holds the request until they are there."""
    api.trigger()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.client.get, captions_path("v1", extension="vtt") + "?wait=30")
        assert api.notifications.asleep.wait(timeout=20)
        api.store("caption_generation:video:v1", parts={"captions.vtt": VTT})
        answer = waiting.result()
    assert (answer.status_code, answer.data) == (200, VTT)


def test_what_is_no_video_id_is_named(analysed: ApiBench) -> None:
    """Something that is no id answers 422 and is named."""
    answer = analysed.get("/videos/a%20b/captions.vtt")
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["video_id"])
