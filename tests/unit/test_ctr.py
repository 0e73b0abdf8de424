"""The CTR prior: the documented numbers, honest bounds, and drivers that add up."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, log, prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import job_for

from models.ctr import BASE_CTR, MODEL_VERSION, PRIOR_CLICKS, CtrBelief, VideoSigns, log_odds_effects, prior_of
from precompute.events import VideoUploaded
from precompute.facts import Outcome
from precompute.job import Job
from precompute.results.video import CtrPredictionSchema
from precompute.subjects import Subject
from workers.video.ctr import predict_ctr

PLAIN = VideoSigns(
    hook_score=50.0,
    first_face_at=5.0,
    largest_face_share=0.02,
    cuts_per_minute=5.0,
    speech_starts_at=5.0,
    opening_has_text=True,
    duration=9.0,
)
SCENES = {"duration": 20.0, "frame_rate": 25.0, "cuts": [5.0], "scenes": [], "cuts_per_minute": 20.0}
FACES = {"samples": [], "max_faces": 1, "screen_share": 0.5, "first_face_at": 0.0, "largest_face_share": 0.06}
HOOK = {"score": 75.0, "parts": {}, "text": ["SALE"], "spoken": "", "speech_starts_at": None, "advice": []}
CAPTIONS = {"segments": [{"start": 4.0, "end": 5.0, "text": "Hello."}]}
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def job(*facts: Outcome) -> Job:
    """The prediction of video v."""
    return job_for(VideoUploaded(subject_id="v", user_id="u"), facts=facts)


def shown(video: str, *, days: int = 1, impressions: int, clicks: int) -> list[Outcome]:
    """The same every day."""
    return [
        Outcome(
            at=MARCH - day * timedelta(days=1),
            subject=Subject.VIDEO,
            subject_id=video,
            impressions=impressions,
            clicks=clicks,
        )
        for day in range(days)
    ]


signs = st.builds(
    VideoSigns,
    hook_score=st.floats(0, 100),
    first_face_at=st.none() | st.floats(0, 600),
    largest_face_share=st.floats(0, 1),
    cuts_per_minute=st.floats(0, 1_000),
    speech_starts_at=st.none() | st.floats(0, 600),
    opening_has_text=st.booleans(),
    duration=st.floats(0, 3_600),
)


def test_an_unremarkable_video_gets_the_base_rate() -> None:
    """Where no sign speaks but the text, the odds are those of 1 % times that of the text."""
    assert log_odds_effects(PLAIN) == pytest.approx(
        {
            "hook": 0,
            "early_face": 0,
            "large_face": 0,
            "pace": 0,
            "early_speech": 0,
            "text_in_opening": 0.08,
            "duration": 0,
        },
        abs=1e-12,
    )
    mean = prior_of(PLAIN).mean
    assert mean / (1 - mean) == pytest.approx(0.01 / 0.99 * exp(0.08))


@pytest.mark.parametrize(
    ("change", "driver", "effect"),
    [
        ({"hook_score": 100.0}, "hook", 0.30),
        ({"hook_score": 25.0}, "hook", -0.15),
        ({"first_face_at": 3.0}, "early_face", 0.10),
        ({"first_face_at": 3.1}, "early_face", 0.0),
        ({"first_face_at": None}, "early_face", -0.05),
        ({"largest_face_share": 0.06}, "large_face", 0.025),
        ({"largest_face_share": 0.5}, "large_face", 0.05),
        ({"cuts_per_minute": 0.0}, "pace", -0.08),
        ({"cuts_per_minute": 25.0}, "pace", 0.08),
        ({"cuts_per_minute": 65.0}, "pace", 0.015),
        ({"speech_starts_at": 0.0}, "early_speech", 0.05),
        ({"speech_starts_at": None}, "early_speech", -0.05),
        ({"opening_has_text": False}, "text_in_opening", -0.04),
        ({"duration": 20.0}, "duration", 0.08),
        ({"duration": 3_600.0}, "duration", -0.20),
    ],
)
def test_each_sign_by_hand(change: dict[str, float | None], driver: str, effect: float) -> None:
    """Each sign moves its own driver by the documented log-odds."""
    assert log_odds_effects(replace(PLAIN, **change))[driver] == pytest.approx(effect)


@given(signs)
def test_any_video_stays_within_bounds(video: VideoSigns) -> None:
    """The odds at most about double or halve, and the interval always surrounds the expected rate."""
    belief = prior_of(video)
    low, high = belief.interval()
    assert 0.0048 < belief.mean < 0.021
    assert 0 < low < belief.mean < high < 1


def test_the_interval_is_as_wide_as_documented() -> None:
    """80 % lie between a fifth and about twice of the expected rate; a Beta(1.5, 148.5) by tables."""
    low, high = CtrBelief(clicks=PRIOR_CLICKS, impressions=PRIOR_CLICKS / BASE_CTR).interval()
    assert (low, high) == (pytest.approx(0.00196, abs=5e-6), pytest.approx(0.02079, abs=5e-6))


def test_evidence_narrows_the_interval() -> None:
    """Clicks and impressions added to the prior move it to what was seen, and make it surer."""
    prior = prior_of(PLAIN)
    seen = CtrBelief(clicks=prior.clicks + 300, impressions=prior.impressions + 10_000)
    assert seen.mean == pytest.approx(0.03, rel=0.02)
    assert seen.interval()[1] / seen.interval()[0] < 1.2


def test_a_prediction_by_hand() -> None:
    """The four results of a video give this prediction, in the schema's form, the strongest drivers first."""
    prediction = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job())
    odds = log(0.01 / 0.99) + 0.15 + 0.10 + 0.025 + 0.08 + 0.0 + 0.08 + 0.08
    assert not CtrPredictionSchema().validate(prediction)
    assert prediction["ctr"] == pytest.approx(1 / (1 + exp(-odds)), abs=1e-6)
    assert [driver["name"] for driver in prediction["drivers"]] == [
        "hook",
        "early_face",
        "pace",
        "text_in_opening",
        "duration",
        "large_face",
    ]
    assert prediction["drivers"][0]["effect"] == pytest.approx(exp(0.15) - 1, abs=1e-4)
    assert prediction["evidence"] == {"outcomes": 0, "impressions": 0}
    assert prediction["model_version"] == MODEL_VERSION


def test_drivers_multiply_to_the_odds() -> None:
    """The factors of all drivers together take the base odds to the predicted ones."""
    prediction = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job())
    factor = prod(1 + driver["effect"] for driver in prediction["drivers"])
    odds = prediction["ctr"] / (1 - prediction["ctr"])
    assert odds == pytest.approx(BASE_CTR / (1 - BASE_CTR) * factor, rel=1e-3)


def test_speech_is_timed_by_the_captions() -> None:
    """A video whose transcript starts early is helped, one without words is not."""
    early = predict_ctr(SCENES, FACES, HOOK, {"segments": [{"start": 0.4, "end": 1.0, "text": "Hi."}]}, job=job())
    never = predict_ctr(SCENES, FACES, HOOK, {"segments": []}, job=job())
    assert early["ctr"] > predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job())["ctr"] > never["ctr"]


def test_clicks_overrule_the_signs() -> None:
    """Ten thousand showings at 4 % tell 4 %, whatever the video looks like, and are named as evidence."""
    prediction = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job(*shown("v", days=10, impressions=1_000, clicks=40)))
    assert not CtrPredictionSchema().validate(prediction)
    assert prediction["ctr"] == pytest.approx(0.04, rel=0.05)
    assert 0.02 < prediction["low"] < 0.035
    assert 0.045 < prediction["high"] < 0.08
    assert prediction["evidence"] == {"outcomes": 10, "impressions": 10_000}
    assert prediction["model_version"] != MODEL_VERSION


def test_a_few_clicks_move_it_a_little() -> None:
    """Two clicks in fifty showings are not yet 4 %."""
    before = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job())["ctr"]
    after = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job(*shown("v", impressions=50, clicks=2)))["ctr"]
    assert before * 1.05 < after < 0.03


def test_other_videos_tell_what_is_usual_here() -> None:
    """Where others are clicked three times as often as the benchmark says, this one is expected to be; widely still."""
    others = [one for n in range(40) for one in shown(f"o{n}", days=10, impressions=2_000, clicks=60)]
    before = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job())
    after = predict_ctr(SCENES, FACES, HOOK, CAPTIONS, job=job(*others))
    assert after["ctr"] == pytest.approx(3 * before["ctr"], rel=0.12)
    assert after["evidence"] == {"outcomes": 0, "impressions": 0}
    own = predict_ctr(
        SCENES, FACES, HOOK, CAPTIONS, job=job(*others, *shown("v", days=10, impressions=2_000, clicks=60))
    )
    assert own["high"] / own["low"] < 0.8 * after["high"] / after["low"]


def test_the_document_has_the_numbers_of_the_code() -> None:
    """docs/ctr-prior.md names the version, the base rate, the prior's clicks and every driver."""
    text = (Path(__file__).parents[2] / "docs" / "ctr-prior.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in text
    assert f"{BASE_CTR:.1%}".replace("%", " %") in text
    assert f"**{PRIOR_CLICKS} clicks**" in text
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(log_odds_effects(PLAIN))
