"""Where the bytes of a video come from."""

import os
from pathlib import Path

import pytest

from precompute.errors import BadParameters
from precompute.events import VideoUploaded
from precompute.media import LocalVideo, RemoteVideo, VideoSource, locate_video


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A media folder with one video, beside a secret outside."""
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    folder = tmp_path / "media"
    (folder / "ads").mkdir(parents=True)
    (folder / "ads" / "spring sale.mp4").write_bytes(b"video")
    return folder


def locate(media: Path, *, video_id: str = "vid_1", **data: object) -> VideoSource:
    """Where the video of such an event is."""
    return locate_video(VideoUploaded(subject_id=video_id, user_id="u", data=data), media_root=media)


def problem_of(media: Path, *, video_id: str = "vid_1", **data: object) -> dict[str, list[str]]:
    """What is wrong with which field of such an event."""
    with pytest.raises(BadParameters) as raised:
        locate(media, video_id=video_id, **data)
    return raised.value.fields


@pytest.mark.parametrize("url", ["http://cdn.example/a.mp4", "HTTPS://cdn.example:8443/a.mp4?sig=1"])
def test_an_http_url_is_taken_as_it_is(media: Path, url: str):
    """Both protocols are fetched later; nothing is looked up now."""
    assert locate(media, url=url) == RemoteVideo(url)


def test_a_path_may_be_relative_absolute_or_a_file_url(media: Path):
    """All three ways of naming a file inside the folder lead to it."""
    wanted = LocalVideo((media / "ads" / "spring sale.mp4").resolve())
    assert locate(media, url="ads/spring sale.mp4") == wanted
    assert locate(media, url=str(media / "ads" / "spring sale.mp4")) == wanted
    assert locate(media, url=(media / "ads" / "spring sale.mp4").as_uri()) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "../secret.mp4",
        "ads/../../secret.mp4",
        "link.mp4",
        "folder_link/secret.mp4",
        "/etc/passwd",
        "file:///etc/passwd",
        "file://server/share/a.mp4",
        "ftp://cdn.example/a.mp4",
        "rtmp://cdn.example/a",
        "concat:a.mp4|b.mp4",
        "http://",
        "http://[::1",
        "http://host:99999/a.mp4",
        "http://user:pass@host/a.mp4",
        "http://host\\@other/a.mp4",
        "pipe.mp4",
        "/dev/zero",
        "https://host/\x00.mp4",
        "a\x00.mp4",
        "%2e%2e/secret.mp4",
        "ads",
        "ads/missing.mp4",
        "n" * 300 + ".mp4",
        "x" * 5000,
        "loop.mp4",
        "",
        " ",
        17,
    ],
)
def test_what_is_no_url_and_no_file_inside_is_refused_by_field(media: Path, url: object):
    """Other schemes, ways out of the folder (dots, links, encodings), and files that are not there."""
    (media / "link.mp4").symlink_to(media.parent / "secret.mp4")
    (media / "folder_link").symlink_to(media.parent)
    (media / "loop.mp4").symlink_to(media / "loop.mp4")
    os.mkfifo(media / "pipe.mp4")
    fields = problem_of(media, url=url)
    assert list(fields) == ["video_data.url"]
    assert fields["video_data.url"][0]


def test_an_encoded_way_out_in_a_file_url_is_refused(media: Path):
    """file:// URLs are decoded before they are checked."""
    assert "video_data.url" in problem_of(media, url=f"file://{media}/%2e%2e/secret.mp4")


def test_without_a_url_the_video_is_found_by_its_id(media: Path):
    """The id may contain dots, and the ending may be in capitals, as cameras write it."""
    (media / "spot.v2.MOV").write_bytes(b"video")
    assert locate(media, video_id="spot.v2") == LocalVideo((media / "spot.v2.MOV").resolve())


def test_of_several_files_the_choice_is_always_the_same(media: Path):
    """mp4 wins over webm, whatever order the folder lists them in."""
    for ending in ("webm", "txt", "mp4", "mkv"):
        (media / f"vid_1.{ending}").write_bytes(b"video")
    assert locate(media) == LocalVideo((media / "vid_1.mp4").resolve())


@pytest.mark.parametrize("video_id", ["vid_2", "vid", "..", "vid_1.mp4"])
def test_an_id_that_no_video_has_is_refused(media: Path, video_id: str):
    """Neither a longer name, nor a text beside, nor a folder counts as the video."""
    (media / "vid_1.mp4").write_bytes(b"video")
    (media / "vid_2.txt").write_bytes(b"notes")
    (media / "vid_2.mp4").mkdir()
    assert list(problem_of(media, video_id=video_id)) == ["video_data"]


def test_a_link_by_id_that_leads_out_is_no_video(media: Path):
    """The name alone does not open a file outside."""
    (media / "vid_1.mp4").symlink_to(media.parent / "secret.mp4")
    assert list(problem_of(media)) == ["video_data"]


def test_a_source_is_shown_without_its_secrets(media: Path):
    """Messages and logs show neither login nor query, nor folders of this machine."""
    shown = str(RemoteVideo("https://user:pass@cdn.example:8443/ads/a.mp4?X-Signature=abc#t"))
    assert shown == "https://cdn.example:8443/ads/a.mp4"
    assert str(locate(media, url="ads/spring sale.mp4")) == "spring sale.mp4"
