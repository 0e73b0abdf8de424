"""``precompute submit``: what a gateway would post, from options, files and pipes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from remote_command_line import RemoteCommandLine, beside_a_service
from servers import ValkeyServer

VIDEO_TYPES = {
    "scene_detection",
    "face_detection",
    "hook_analysis",
    "thumbnail_generation",
    "caption_generation",
    "ctr_prediction",
}


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[RemoteCommandLine]:
    """The command line beside a service on an empty cache."""
    with beside_a_service(cache_server, tmp_path / "media") as line:
        (tmp_path / "media").mkdir()
        yield line
        line.engine.facts.close()


def event_of(precompute: RemoteCommandLine, key: str) -> dict[str, Any]:
    """What a task was queued for."""
    text: Any = precompute.engine.cache.client.hget(f"pc:t:{key}", "event")
    event: dict[str, Any] = json.loads(text)
    return event


def test_a_video_is_submitted_with_everything_that_options_say(precompute: RemoteCommandLine) -> None:
    """The event has source, title, length and what --set adds; what is queued is printed with its ids."""
    answer = precompute.json(
        *("submit", "video", "v1", "--user", "u1", "--source", "https://example.com/v1.mp4", "--title", "A title"),
        *("--duration", "12.5", "--set", "campaign=c7", "--set", "tags=[1,2]", "--priority", "9"),
    )
    assert set(answer["queued_tasks"]) == VIDEO_TYPES
    event = event_of(precompute, "scene_detection:video:v1")
    assert (event["subject_id"], event["user_id"]) == ("v1", "u1")
    assert event["data"] == {
        "url": "https://example.com/v1.mp4",
        "title": "A title",
        "duration": 12.5,
        "campaign": "c7",
        "tags": [1, 2],
    }


def test_a_campaign_is_submitted_with_everything_that_options_say(precompute: RemoteCommandLine) -> None:
    """Budget and audience are JSON where they are, and text otherwise."""
    precompute.json(
        *("submit", "campaign", "c1", "--user", "u1", "--budget", "250", "--target-audience", "people who run"),
        *("--video", "v1", "--video", "v2", "--set", 'goal={"kind":"sales"}'),
    )
    assert event_of(precompute, "variant_generation:campaign:c1")["data"] == {
        "budget": 250,
        "target_audience": "people who run",
        "video_ids": ["v1", "v2"],
        "goal": {"kind": "sales"},
    }


def test_a_login_is_submitted_and_told_what_comes_next(precompute: RemoteCommandLine) -> None:
    """Once, with the user's time zone."""
    result = precompute("submit", "login", "u1", "--timezone", "Europe/Berlin", "--last-login", "2026-03-01T12:00:00Z")
    assert result.exit_code == 0, result.output
    assert "dashboard_data" in result.stdout
    assert event_of(precompute, "dashboard_data:user:u1")["data"] == {
        "timezone": "Europe/Berlin",
        "last_login": "2026-03-01T12:00:00Z",
    }


@pytest.mark.parametrize("how", ["a file", "standard input"])
def test_the_whole_body_is_taken_as_json(precompute: RemoteCommandLine, tmp_path: Path, how: str) -> None:
    """What options say goes before what it says."""
    body = {"video_id": "v1", "user_id": "u1", "video_data": {"url": "https://example.com/a.mp4", "title": "Old"}}
    (tmp_path / "body.json").write_text(json.dumps(body))
    source = str(tmp_path / "body.json") if how == "a file" else "-"
    result = precompute("submit", "video", "--data", source, "--title", "New", answer=json.dumps(body))
    assert result.exit_code == 0, result.output
    assert event_of(precompute, "scene_detection:video:v1")["data"] == {
        "url": "https://example.com/a.mp4",
        "title": "New",
    }


def test_what_is_there_is_told_as_ready(precompute: RemoteCommandLine) -> None:
    """The same upload twice: the second finds its tasks on their way, with the same ids."""
    submitted = ("submit", "video", "v1", "--user", "u1", "--source", "https://example.com/v1.mp4")
    first, second = precompute.json(*submitted), precompute.json(*submitted)
    assert first["queued_tasks"] == second["queued_tasks"]


def test_a_file_is_copied_where_the_service_finds_it(
    precompute: RemoteCommandLine, tmp_path: Path, shipped_clip: Path
) -> None:
    """Under its id, whole, and once; a file of the media folder is used where it lies."""
    clip = tmp_path / "My Clip.MP4"
    clip.write_bytes(shipped_clip.read_bytes())
    for _ in range(2):
        answer = precompute.json("submit", "video", "--file", str(clip), "--user", "u1")
    assert answer["video_id"] == "My_Clip"
    media = tmp_path / "media"
    assert (media / "My_Clip.mp4").read_bytes() == clip.read_bytes()
    assert [path.name for path in media.glob("*.mp4")] == ["My_Clip.mp4"]

    answer = precompute.json("submit", "video", "other", "--file", str(media / "My_Clip.mp4"), "--user", "u1")
    assert answer["video_id"] == "other"
    assert event_of(precompute, "scene_detection:video:other")["data"] == {"url": "My_Clip.mp4"}
    assert len(list(media.glob("*.mp4"))) == 1


def test_no_other_video_is_overwritten(precompute: RemoteCommandLine, tmp_path: Path, shipped_clip: Path) -> None:
    """Whose name is taken is told so, and nothing is queued."""
    (tmp_path / "media" / "v1.mp4").write_bytes(b"another")
    result = precompute("submit", "video", "v1", "--file", str(shipped_clip), "--user", "u1")
    assert result.exit_code == 1
    assert "is another video" in result.stderr
    assert (tmp_path / "media" / "v1.mp4").read_bytes() == b"another"


def test_a_file_is_for_a_service_on_this_machine(precompute: RemoteCommandLine, shipped_clip: Path) -> None:
    """Elsewhere nobody could read it."""
    result = precompute("submit", "video", "--file", str(shipped_clip), "--url", "http://192.0.2.1:8003")
    assert result.exit_code == 1
    assert "--source" in result.stderr


REFUSED = {
    "no such video": (("video", "v1", "--user", "u1"), "no video v1.*"),
    "no user": (("video", "v1", "--source", "https://example.com/a.mp4"), "user_id"),
    "an id that is none": (("login", "a b"), "user_id"),
    "a callback that is none": (("campaign", "c1", "--user", "u1", "--callback-url", "ftp://x"), "callback_url"),
    "a budget below zero": (("campaign", "c1", "--user", "u1", "--budget", "-1"), "budget"),
    "bad JSON": (("video", "--data", "-"), "--data is not valid JSON"),
}


@pytest.mark.parametrize(("words", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told_in_one_line(precompute: RemoteCommandLine, words: tuple[str, ...], told: str) -> None:
    """By the service, in its own words; the exit code is 1."""
    result = precompute("submit", *words, answer="{oops")
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("precompute: ")
    assert told in line


@pytest.mark.parametrize("words", [("video",), ("video", "v1", "--set", "a"), ("video", "v1", "--priority", "11")])
def test_what_cannot_be_meant_is_a_usage_error(precompute: RemoteCommandLine, words: tuple[str, ...]) -> None:
    """Exit code 2, as of every command line."""
    assert precompute("submit", *words).exit_code == 2


@pytest.mark.parametrize("body", ["[1]", "1", '"x"'])
def test_a_body_must_be_an_object(precompute: RemoteCommandLine, body: str) -> None:
    """Other JSON is told to be none."""
    result = precompute("submit", "video", "v1", "--data", "-", answer=body)
    assert (result.exit_code, "JSON object" in result.stderr) == (1, True)


def test_nobody_at_home_is_told_in_one_line(precompute: RemoteCommandLine) -> None:
    """With what to look at."""
    for words in (("submit", "login", "u1"), ("queue",), ("metrics",), ("failed", "ls")):
        result = precompute(*words, "--url", "http://127.0.0.1:1")
        assert result.exit_code == 1
        [line] = result.stderr.splitlines()
        assert "no service answers at http://127.0.0.1:1" in line
