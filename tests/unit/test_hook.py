"""The first three seconds: what is measured, what it is worth, and what is advised."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
from jobs import job_for
from sampled_clips import SOUND_RATE, clip, moving_clip, samples_of, sound_of, speech_of

from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.results.video import HookAnalysisSchema
from precompute.settings import Settings
from workers.video.differences import FrameDifferences
from workers.video.first_text import read_first_text
from workers.video.hook import analyse_hook, motion_of
from workers.video.hook_advice import MOST_SENTENCES, advice_for
from workers.video.hook_score import MAX_POINTS, Opening, score_of, total
from workers.video.loudness import loudness_dbfs

OWN_CLIP = Path(__file__).parents[2] / "media" / "test_vid_001.mp4"
BLACK = np.zeros((320, 320, 3), np.uint8)
NOTHING = Opening(
    motion=0.0,
    cuts=0,
    face_share=0.0,
    largest_face_share=0.0,
    text=(),
    has_sound=False,
    speech_starts_at=None,
    loudness_dbfs=None,
)
EVERYTHING = Opening(
    motion=6.0,
    cuts=2,
    face_share=0.8,
    largest_face_share=0.1,
    text=("This changed everything",),
    has_sound=True,
    speech_starts_at=0.2,
    loudness_dbfs=-16.0,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the speech model is joined, once for this module."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def job(data_dir: Path) -> Job:
    """A computation at hand."""
    event = VideoUploaded(subject_id="v", user_id="u")
    return job_for(event, settings=Settings(data_dir=data_dir))


def hook_of(path: Path, *, job: Job) -> dict[str, Any]:
    """The whole analysis of a file, from its pictures and sound, what is said first, and what stands there."""
    samples, sound = samples_of(path), sound_of(path)
    return analyse_hook(samples, sound, speech_of(sound, job=job), read_first_text(samples), job=job)


def picture_called(name: str) -> np.ndarray:
    """One of scikit-image's colour pictures, 320 px square, in BGR."""
    return cv2.resize(np.ascontiguousarray(getattr(skimage.data, name)()[:, :, ::-1]), (320, 320))


def points(opening: Opening, part: str) -> float:
    """What a part of the score is worth."""
    return score_of(opening)[part].points


def differences(*, at: list[float], luma: list[float]) -> FrameDifferences:
    """Differences of brightness alone."""
    none = np.zeros(len(at), np.float32)
    return FrameDifferences(
        at=np.array(at),
        hue=none,
        saturation=none,
        luma=np.array(luma, np.float32),
        returns=np.zeros(len(at), np.uint8),
    )


def test_nothing_is_worth_nothing_and_everything_a_hundred():
    """The ends of the scale, and the most points of the parts add up to it."""
    assert sum(MAX_POINTS.values()) == 100
    assert total(list(score_of(NOTHING).values())) == 0
    assert total(list(score_of(EVERYTHING).values())) == 100


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("motion", {"motion": 0.2}, 0.0),
        ("motion", {"motion": 1.0}, 7.5),
        ("motion", {"motion": 2.5}, 11.25),
        ("cuts", {"cuts": 1}, 7.0),
        ("cuts", {"cuts": 4}, 10.0),
        ("cuts", {"cuts": 9}, 4.0),
        ("face", {"face_share": 0.25}, 7.5),
        ("close_up", {"largest_face_share": 0.026}, 5.0),
        ("text", {"text": ("one",)}, 10.0),
        ("text", {"text": ("a b c", "d e f g h i j k l")}, 20.0),
        ("text", {"text": ("w " * 21,)}, 14.0),
        ("text", {"text": ("限时优惠今天",)}, 20.0),
        ("speech", {"speech_starts_at": 1.75}, 9.0),
        ("speech", {"speech_starts_at": 3.0}, 3.0),
        ("speech", {"speech_starts_at": 40.0}, 0.0),
        ("loudness", {"loudness_dbfs": -35.0}, 7.5),
        ("loudness", {"loudness_dbfs": -3.0}, 15.0),
    ],
)
def test_each_part_follows_its_curve(part: str, change: dict, expected: float):
    """Worked by hand on the straight lines of the formula."""
    assert points(replace(NOTHING, **change), part) == pytest.approx(expected, abs=0.01)


def test_a_part_tells_what_was_measured_and_out_of_how_much():
    """So that a reader can see why a score is what it is."""
    part = score_of(replace(NOTHING, cuts=1))["cuts"]
    assert (part.value, part.points, part.max_points) == (1, 7.0, 10.0)
    assert score_of(NOTHING)["loudness"].value is None


def test_motion_is_the_same_at_any_frame_rate():
    """By hand: 6 in every 1/25 s, told by 25 and by 50 frames a second; the step to a cut is left out."""
    slow = differences(at=[0.0, 0.04, 0.08, 0.12], luma=[0, 6, 90, 6])
    fast = differences(at=[0.0, 0.02, 0.04, 0.06], luma=[0, 3, 3, 3])
    assert motion_of(slow, until=3.0, cuts=[0.08]) == pytest.approx(6.0)
    assert motion_of(fast, until=3.0, cuts=[]) == pytest.approx(6.0)


def test_motion_after_the_opening_does_not_count():
    """The fourth second may be as wild as it likes."""
    late = differences(at=[0.0, 1.0, 2.0, 3.0, 4.0], luma=[0, 1, 1, 99, 99])
    assert motion_of(late, until=3.0, cuts=[]) == pytest.approx(2 / 2 / 25)
    assert motion_of(differences(at=[0.0], luma=[0]), until=3.0, cuts=[]) == 0.0


def test_the_weakest_parts_are_advised_on_first():
    """At most three sentences: for 30 points the sound, for 25 a face, for 20 the text; each is told once."""
    advice = advice_for(NOTHING, score_of(NOTHING))
    assert [sentence[:9] for sentence in advice] == ["Add sound", "Show a pe", "Put the p"]
    quiet = replace(EVERYTHING, has_sound=False, speech_starts_at=None, loudness_dbfs=None)
    assert [sentence[:10] for sentence in advice_for(quiet, score_of(quiet))] == ["Add sound:"]


def test_a_strong_opening_needs_no_advice():
    """Silence is better than a sentence for its own sake."""
    assert advice_for(EVERYTHING, score_of(EVERYTHING)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"motion": 0.1}, "by 0.1 of 255"),
        ({"cuts": 0}, "single shot"),
        ({"cuts": 9}, "9 cuts"),
        ({"face_share": 0.17}, "17%"),
        ({"face_share": 0.0, "largest_face_share": 0.0}, "none is seen"),
        ({"largest_face_share": 0.012}, "1.2%"),
        ({"text": ("now",)}, "one or two words"),
        ({"text": ("w " * 40,)}, "40 words"),
        ({"speech_starts_at": 2.5}, "after 2.5 s"),
        ({"speech_starts_at": None}, "nobody speaks"),
        ({"loudness_dbfs": None}, "silent"),
        ({"loudness_dbfs": -44.0}, "-44 dBFS"),
    ],
)
def test_advice_names_what_is_wrong_and_by_how_much(change: dict, said: str):
    """One weak part, one sentence, with its number."""
    opening = replace(EVERYTHING, **change)
    (sentence,) = advice_for(opening, score_of(opening))
    assert said in sentence


def test_loudness_is_the_root_mean_square_in_decibels():
    """By hand: a full-scale sine is -3.0 dBFS, a tenth of it -23.0."""
    sine = np.sin(2 * np.pi * 440 * np.arange(SOUND_RATE) / SOUND_RATE).astype(np.float32)
    assert loudness_dbfs(sine) == pytest.approx(-3.0, abs=0.1)
    assert loudness_dbfs(sine / 10) == pytest.approx(-23.0, abs=0.1)


def test_silence_has_no_loudness():
    """Neither has a missing sound track, nor dither."""
    assert loudness_dbfs(np.zeros(0, np.float32)) is None
    assert loudness_dbfs(np.full(100, 1e-4, np.float32)) is None


def test_a_black_silent_clip_scores_nothing(tmp_path: Path, job: Job):
    """And is told what to do, not refused."""
    result = hook_of(clip(tmp_path / "a.mp4", scenes=[(BLACK, 4.0)]), job=job)
    assert HookAnalysisSchema().validate(result) == {}
    assert result["score"] == 0
    assert (result["text"], result["spoken"], result["speech_starts_at"]) == ([], "", None)
    assert len(result["advice"]) == MOST_SENTENCES
    assert any("no sound track" in sentence for sentence in result["advice"])


def test_a_silent_sound_track_is_no_missing_one(tmp_path: Path, job: Job):
    """The advice differs."""
    path = clip(tmp_path / "a.mp4", scenes=[(BLACK, 4.0)], sound=np.zeros(4 * SOUND_RATE, np.float32))
    result = hook_of(path, job=job)
    assert result["score"] == 0
    assert not any("no sound track" in sentence for sentence in result["advice"])


def test_only_the_first_three_seconds_count(tmp_path: Path, job: Job):
    """Black for three seconds and then a face, cuts and a tone: still nothing."""
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * SOUND_RATE) / SOUND_RATE).astype(np.float32) / 3
    path = clip(
        tmp_path / "a.mp4",
        scenes=[(BLACK, 3.2), (picture_called("astronaut"), 1.0), (picture_called("coffee"), 1.8)],
        sound=np.concatenate([np.zeros(round(3.2 * SOUND_RATE), np.float32), tone]),
    )
    assert hook_of(path, job=job)["score"] == 0


def test_cuts_faces_and_sound_of_the_opening_count(tmp_path: Path, job: Job):
    """Two cuts, a face in the first of three seconds, a loud tone."""
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * SOUND_RATE) / SOUND_RATE).astype(np.float32) / 3
    scenes = [(picture_called(name), 1.0) for name in ("astronaut", "coffee", "rocket")]
    parts = hook_of(clip(tmp_path / "a.mp4", scenes=scenes, sound=tone), job=job)["parts"]
    assert parts["cuts"]["value"] == 2
    assert parts["face"]["value"] == pytest.approx(1 / 3, abs=0.01)
    assert parts["close_up"]["value"] == pytest.approx(0.037, abs=0.01)
    assert parts["loudness"]["value"] == pytest.approx(-12.5, abs=1)
    assert parts["motion"]["points"] == 0
    assert set(parts) == set(MAX_POINTS)


def test_a_moving_picture_has_motion(tmp_path: Path, job: Job):
    """A picture that is pushed along by 4 px a frame, and no cut is seen in it."""
    frames = (np.roll(picture_called("coffee"), 4 * step, axis=1) for step in range(50))
    parts = hook_of(moving_clip(tmp_path / "a.mp4", frames=frames), job=job)["parts"]
    assert parts["motion"]["points"] > 7.5
    assert parts["cuts"]["value"] == 0


def test_the_projects_own_clip_has_a_strong_hook(job: Job):
    """A face, text, a voice and a cut within three seconds, all as they are in it."""
    reports: list[float] = []
    result = hook_of(OWN_CLIP, job=replace(job, report=reports.append))
    assert HookAnalysisSchema().validate(result) == {}
    assert result["score"] > 80
    assert result["text"] == ["Meet Eileen Collins", "SHE FLEW", "THE SHUTTLE"]
    assert result["parts"]["cuts"]["value"] == 1
    assert result["parts"]["face"]["value"] == 1.0
    assert result["speech_starts_at"] == pytest.approx(0.15, abs=0.15)
    assert result["score"] == pytest.approx(sum(part["points"] for part in result["parts"].values()), abs=0.05)
    assert reports == sorted(reports)


def test_the_own_clip_says_its_first_words(job: Job):
    """With the start of speech, and nothing that is said after the opening."""
    result = hook_of(OWN_CLIP, job=job)
    assert result["speech_starts_at"] == pytest.approx(0.15, abs=0.15)
    assert result["spoken"].startswith("She was the first woman to pilot the space shuttle")
    assert "looking" not in result["spoken"]
