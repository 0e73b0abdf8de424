"""The CTR prior: the documented numbers, honest bounds, and drivers that add up."""

import re
from dataclasses import replace
from math import exp, log, prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ctr import BASE_CTR, MODEL_VERSION, PRIOR_CLICKS, CtrBelief, VideoSigns, log_odds_effects, prior_of
from precompute.results.video import CtrPredictionSchema
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
    prediction = predict_ctr(SCENES, FACES, HOOK, CAPTIONS)
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
    prediction = predict_ctr(SCENES, FACES, HOOK, CAPTIONS)
    factor = prod(1 + driver["effect"] for driver in prediction["drivers"])
    odds = prediction["ctr"] / (1 - prediction["ctr"])
    assert odds == pytest.approx(BASE_CTR / (1 - BASE_CTR) * factor, rel=1e-3)


def test_speech_is_timed_by_the_captions() -> None:
    """A video whose transcript starts early is helped, one without words is not."""
    early = predict_ctr(SCENES, FACES, HOOK, {"segments": [{"start": 0.4, "end": 1.0, "text": "Hi."}]})
    never = predict_ctr(SCENES, FACES, HOOK, {"segments": []})
    assert early["ctr"] > predict_ctr(SCENES, FACES, HOOK, CAPTIONS)["ctr"] > never["ctr"]


def test_the_document_has_the_numbers_of_the_code() -> None:
    """docs/ctr-prior.md names the version, the base rate, the prior's clicks and every driver."""
    text = (Path(__file__).parents[2] / "docs" / "ctr-prior.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in text
    assert f"{BASE_CTR:.1%}".replace("%", " %") in text
    assert f"**{PRIOR_CLICKS} clicks**" in text
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(log_odds_effects(PLAIN))
