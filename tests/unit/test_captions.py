"""Captions: the whole result of an uploaded video, with and without speech."""

from pathlib import Path

import numpy as np
import pytest
from jobs import job_for
from sampled_clips import clip, samples_of, sound_of, speech_of
from webvtt import WebVTT

from precompute.events import VideoUploaded
from precompute.job import Computed, Job
from precompute.results.video import CaptionGenerationSchema
from precompute.settings import Settings
from workers.video.captions import SRT_PART, VTT_PART, generate_captions
from workers.video.wording import NEUTRAL_CAPTION

CLIP = Path(__file__).parents[2] / "media" / "test_vid_001.mp4"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the speech model is put once for this module."""
    return tmp_path_factory.mktemp("data")


def job(data_dir: Path, *, shares: list[float] | None = None, **data: object) -> Job:
    """A job for a video that came with ``data``; progress goes to ``shares``."""
    event = VideoUploaded(subject_id="v", user_id="u", data=data)
    return job_for(event, settings=Settings(data_dir=data_dir), report=(shares if shares is not None else []).append)


def captions_of(path: Path, *, job: Job, later_s: float = 0.0) -> Computed:
    """The whole result of a file, whose sound may start later on its clock than it says."""
    sound = sound_of(path)
    sound.starts_at += later_s
    return generate_captions(samples_of(path), sound, speech_of(sound, job=job), job=job)


def test_a_video_with_speech(data_dir: Path) -> None:
    """The project's clip gets a transcript, two files with the same cues, a caption and hashtags about it."""
    shares: list[float] = []
    computed = captions_of(CLIP, job=job(data_dir, shares=shares, title="Star Night"))
    value = computed.value
    assert not CaptionGenerationSchema().validate(dict(value))
    assert value["language"] == "en"
    assert "the space shuttle" in value["text"]
    assert " ".join(segment["text"] for segment in value["segments"]) == value["text"]
    assert len(WebVTT.from_string(value["vtt"], strict=True)) == value["srt"].count(" --> ") >= 6
    assert (computed.parts[VTT_PART], computed.parts[SRT_PART]) == (value["vtt"].encode(), value["srt"].encode())
    assert value["caption"].startswith("Star Night")
    assert {"#Star", "#Night"} <= set(value["hashtags"])
    assert value["source"] == "local"
    assert shares and shares[-1] == pytest.approx(0.9, abs=0.1)


def test_times_are_on_the_video_clock(data_dir: Path) -> None:
    """A sound track that starts later moves segments and cues alike."""
    value = captions_of(CLIP, job=job(data_dir)).value
    later = captions_of(CLIP, job=job(data_dir), later_s=1.075).value
    first, first_later = value["segments"][0], later["segments"][0]
    assert first_later["start"] - first["start"] == pytest.approx(1.075, abs=0.002)
    cue, cue_later = (WebVTT.from_string(result["vtt"])[0].start_in_seconds for result in (value, later))
    assert cue_later - cue in (1, 2)


@pytest.mark.parametrize(("title", "caption"), [(None, NEUTRAL_CAPTION), ("Grey", "Grey"), (7, NEUTRAL_CAPTION)])
def test_a_video_without_speech(title: object, caption: str, data_dir: Path, tmp_path: Path) -> None:
    """A tone gives an empty transcript and valid empty files, not an error; a title is the caption."""
    tone = 0.3 * np.sin(np.arange(32_000) * 2 * np.pi * 440 / 16_000)
    path = clip(tmp_path / "tone.mp4", scenes=[(np.full((8, 8, 3), 128, np.uint8), 2.0)], sound=tone)
    value = captions_of(path, job=job(data_dir, title=title)).value
    assert (value["language"], value["segments"], value["text"]) == (None, [], "")
    assert (value["srt"], value["vtt"]) == ("", "WEBVTT\n")
    assert value["caption"] == caption


def test_a_video_without_sound(data_dir: Path, tmp_path: Path) -> None:
    """No sound track at all is no error either."""
    path = clip(tmp_path / "mute.mp4", scenes=[(np.full((8, 8, 3), 128, np.uint8), 1.0)])
    value = captions_of(path, job=job(data_dir)).value
    assert (value["text"], value["vtt"], value["hashtags"]) == ("", "WEBVTT\n", [])
