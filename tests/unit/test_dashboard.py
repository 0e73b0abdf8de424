"""A user's first page."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from jobs import NOON, job_for

from precompute.catalogue import DASHBOARD_DATA, ROWS
from precompute.events import UserLoggedIn
from precompute.facts import CampaignFact, Fact, Outcome, VideoFact
from precompute.subjects import Subject
from workers.dashboard.dashboard import IN_SHORT_OF_CAMPAIGN, IN_SHORT_OF_VIDEO, dashboard_data
from workers.dashboard.next_steps import MOST_STEPS
from workers.execution import fitted

LOGIN = UserLoggedIn(subject_id="u1", user_id="u1")
HOOK = "hook_analysis:video:v1"


def video(name: str = "v1", *, user: str = "u1", at: datetime = NOON, **data: Any) -> VideoFact:
    """A video as its trigger brought it."""
    return VideoFact(at=at, video_id=name, user_id=user, data=data)


def campaign(campaign_id: str = "c1", *, user: str = "u1", at: datetime = NOON, **data: Any) -> CampaignFact:
    """A campaign as its trigger brought it."""
    return CampaignFact(at=at, campaign_id=campaign_id, user_id=user, data=data)


def outcome(subject: Subject, name: str, *, impressions: int = 1000, clicks: int = 10, **more: Any) -> Outcome:
    """What came of something, now unless told otherwise."""
    given = {"at": NOON, "impressions": impressions, "clicks": clicks, **more}
    return Outcome(subject=subject, subject_id=name, **given)


def of_campaign(name: str = "c1", **more: Any) -> Outcome:
    """What came of a campaign."""
    return outcome(Subject.CAMPAIGN, name, **more)


def of_video(name: str = "v1", **more: Any) -> Outcome:
    """What came of a video."""
    return outcome(Subject.VIDEO, name, **more)


def hook(score: float, *advice: str) -> Mapping[str, Any]:
    """What the hook analysis says."""
    return {"score": score, "advice": list(advice), "parts": {}, "text": [], "spoken": "", "speech_starts_at": None}


def variants(count: int = 2) -> Mapping[str, Any]:
    """Generated variants."""
    return {
        "variants": [{"variant_id": f"x{one}", "headline": f"Line {one}"} for one in range(count)],
        "source": "local",
    }


def dashboard(*facts: Fact, **known: Any) -> Mapping[str, Any]:
    """The page as it is served, which fits its schema."""
    return fitted(DASHBOARD_DATA, dashboard_data(job=job_for(LOGIN, facts=facts, **known)))


def steps(*facts: Fact, **known: Any) -> Sequence[Mapping[str, Any]]:
    """What to do next."""
    found: Sequence[Mapping[str, Any]] = dashboard(*facts, **known)["next_steps"]
    return found


def actions(*facts: Fact, **known: Any) -> list[str]:
    """The same by word."""
    return [step["action"] for step in steps(*facts, **known)]


def test_a_user_without_history_gets_an_empty_page_with_first_steps() -> None:
    """Nothing is invented: no videos, no campaigns, zeros, no trend, and two steps to begin with."""
    page = dashboard()
    assert (page["videos"], page["campaigns"], page["trend"], page["in_progress"]) == ([], [], [], [])
    nothing = {"impressions": 0, "clicks": 0, "spend": 0.0, "revenue": 0.0, "ctr": None, "roas": None}
    assert page["totals"] == nothing
    assert [step["action"] for step in page["next_steps"]] == ["upload_video", "create_campaign"]


def test_only_the_users_own_things_are_shown_latest_first() -> None:
    """Somebody else's video is not on the page."""
    earlier = NOON - timedelta(days=1)
    page = dashboard(video("v1", at=earlier), video("v2"), video("v3", user="u2"), campaign("c1", user="u2"))
    assert [one["video_id"] for one in page["videos"]] == ["v2", "v1"]
    assert page["campaigns"] == []


def test_results_are_told_in_short() -> None:
    """A video shows its hook score, CTR, first thumbnail and caption, each while its result is in the cache."""
    results = {
        HOOK: hook(71.5, "Start with a face.", "Cut sooner."),
        "ctr_prediction:video:v1": {"ctr": 0.014, "low": 0.006, "high": 0.03, "drivers": []},
        "thumbnail_generation:video:v1": {
            "thumbnails": [{"rank": 1, "url": "/a/1.jpg"}, {"rank": 2, "url": "/a/2.jpg"}]
        },
        "caption_generation:video:v1": {"caption": "Deep field", "segments": []},
        "scene_detection:video:v1": {"cuts": [1.0]},
    }
    [shown] = dashboard(video(title="Summer drop"), results=results)["videos"]
    assert (shown["title"], shown["uploaded_at"]) == ("Summer drop", "2026-03-01T12:00:00.000Z")
    assert shown["results"] == {
        "hook_analysis": {"score": 71.5, "advice": ["Start with a face."]},
        "ctr_prediction": {"ctr": 0.014, "low": 0.006, "high": 0.03},
        "thumbnail_generation": {"url": "/a/1.jpg"},
        "caption_generation": {"caption": "Deep field"},
    }


def test_a_campaign_shows_its_best_variant_and_expected_roas() -> None:
    """The first of the ranking with its headline, and the ROAS with its interval."""
    roas = {"value": 1.8, "low": 0.9, "high": 3.1}
    results = {
        "variant_generation:campaign:c1": variants(),
        "variant_scoring:campaign:c1": {"scores": [_score("x0", rank=2, ctr=0.9), _score("x1", rank=1, ctr=1.2)]},
        "roas_prediction:campaign:c1": {"campaign": {"roas": roas}},
    }
    [shown] = dashboard(campaign(name="Spring", budget=500), results=results)["campaigns"]
    assert (shown["name"], shown["budget"]) == ("Spring", 500.0)
    assert shown["results"]["variant_generation"] == {"count": 2, "source": "local"}
    assert shown["results"]["variant_scoring"] == {"best": {"variant_id": "x1", "headline": "Line 1", "ctr": 1.2}}
    assert shown["results"]["roas_prediction"] == {"roas": roas}


def _score(variant: str, *, rank: int, ctr: float) -> Mapping[str, Any]:
    return {"variant_id": variant, "rank": rank, "ctr": ctr}


@pytest.mark.parametrize("budget", [None, "a lot", True, {"colour": 5}, -1])
def test_a_brief_without_a_usable_budget_has_none(budget: Any) -> None:
    """Briefs are free JSON, so what is no number is not shown as one."""
    [shown] = dashboard(campaign(budget=budget, name=["no", "name"]))["campaigns"]
    assert (shown["budget"], shown["name"]) == (None, None)


def test_figures_to_date_by_hand() -> None:
    """Two campaigns: 3,000 impressions, 40 clicks, 25 spent and 50 earned are a CTR of 4/300 and a ROAS of 2."""
    page = dashboard(
        campaign("c1"),
        campaign("c2"),
        of_campaign("c1", impressions=1000, clicks=30, spend=20.0, revenue=50.0),
        of_campaign("c2", impressions=2000, clicks=10, spend=5.0, variant_id="x1"),
    )
    assert page["totals"] == {
        "impressions": 3000, "clicks": 40, "spend": 25.0, "revenue": 50.0, "ctr": pytest.approx(40 / 3000), "roas": 2.0,
    }  # fmt: skip
    assert {one["campaign_id"]: one["totals"]["clicks"] for one in page["campaigns"]} == {"c1": 30, "c2": 10}


def test_impressions_told_twice_count_once() -> None:
    """A video's outcomes are those of its campaign seen otherwise; one that no campaign with outcomes uses counts."""
    page = dashboard(
        video("v1"), video("v2"), video("v3"),
        campaign("c1", video_ids=["v1"]), campaign("c2", video_ids=["v2"]),
        of_campaign("c1", clicks=7), of_video("v1", clicks=7), of_video("v2", clicks=5), of_video("v3", clicks=3),
    )  # fmt: skip
    assert page["totals"]["clicks"] == 7 + 5 + 3
    assert {one["video_id"]: one["totals"]["clicks"] for one in page["videos"]} == {"v1": 7, "v2": 5, "v3": 3}


def test_the_trend_has_thirty_days_up_to_today() -> None:
    """Days of UTC, those without outcomes included, and what is older left out."""
    page = dashboard(
        campaign(),
        of_campaign(at=NOON - timedelta(days=30), clicks=99),
        of_campaign(at=NOON - timedelta(days=29), clicks=1, spend=2.0, revenue=3.0),
        of_campaign(at=NOON, clicks=5),
        of_campaign(at=NOON - timedelta(hours=1), clicks=6),
    )
    trend = page["trend"]
    assert len(trend) == 30
    assert (trend[0]["at"], trend[-1]["at"]) == ("2026-01-31T00:00:00.000Z", "2026-03-01T00:00:00.000Z")
    assert (trend[0]["clicks"], trend[0]["roas"], trend[-1]["clicks"]) == (1, 1.5, 11)
    assert (trend[1]["impressions"], trend[1]["ctr"], trend[1]["roas"]) == (0, None, None)


def test_what_is_being_computed_is_told() -> None:
    """A running analysis of a video stands with its progress; its last result is still shown."""
    page = dashboard(video(), results={HOOK: hook(80)}, on_its_way={HOOK: 0.4})
    assert page["in_progress"] == [{"cache_key": HOOK, "state": "running", "progress": 0.4}]
    assert page["videos"][0]["results"]["hook_analysis"]["score"] == 80


def test_a_weak_hook_calls_for_its_first_advice() -> None:
    """Below 50 the analysis' own first advice is the step, with the score as its reason; the weakest comes first."""
    results = {HOOK: hook(34.4, "Start with a face."), "hook_analysis:video:v2": hook(20, "Say something.")}
    facts = (video("v1", title="Summer"), video("v2"), video("v3"), campaign(video_ids=["v1", "v2", "v3"]))
    found = steps(*facts, results={**results, "hook_analysis:video:v3": hook(50, "Fine.")})
    assert [step["text"] for step in found] == ["Say something.", "Start with a face."]
    assert found[1]["reason"] == "The first seconds of Summer score 34 of 100."
    assert (found[1]["action"], found[1]["subject"], found[1]["subject_id"]) == ("improve_hook", "video", "v1")


def test_a_video_that_no_campaign_uses_calls_for_one() -> None:
    """The step names the video; one that a brief names needs none."""
    [step] = steps(video("v1"), video("v2"), campaign(video_ids=["v2"]))
    assert (step["action"], step["subject_id"]) == ("create_campaign", "v1")


def test_a_losing_campaign_calls_for_a_review() -> None:
    """A ROAS below 1 after enough clicks; the greatest loss first, and few clicks or a profit say nothing."""
    found = steps(
        *(campaign(name) for name in ("c1", "c2", "c3", "c4")),
        of_campaign("c1", clicks=100, spend=100.0, revenue=60.0),
        of_campaign("c2", clicks=100, spend=500.0, revenue=400.0),
        of_campaign("c3", clicks=99, spend=100.0, revenue=0.0),
        of_campaign("c4", clicks=500, spend=100.0, revenue=100.0),
        video(),
    )
    reviewed = [step for step in found if step["action"] == "review_campaign"]
    assert [step["subject_id"] for step in reviewed] == ["c2", "c1"]
    assert reviewed[1]["reason"] == "It brought 60.00 for 100.00 spent: a ROAS of 0.60."


def test_budget_on_a_losing_variant_is_the_first_step() -> None:
    """A variant with half the CTR of the rest and a third of the impressions, told with figures."""
    facts = (
        campaign(),
        of_campaign(variant_id="x0", impressions=10_000, clicks=200),
        of_campaign(variant_id="x1", impressions=10_000, clicks=200),
        of_campaign(variant_id="x2", impressions=10_000, clicks=100, spend=30.0, revenue=1.0),
    )
    first, second, *_ = steps(*facts)
    assert (first["action"], first["subject"], first["subject_id"]) == ("shift_budget", "campaign", "c1")
    assert "x2" in first["text"]
    assert "50% less often" in first["reason"]
    assert "(p < 0.001)" in first["reason"]
    assert "33% of the impressions and 30.00 of its spend" in first["reason"]
    assert second["action"] == "review_campaign"


def test_differences_by_chance_move_no_budget() -> None:
    """Nine clicks against eleven are no reason to stop a variant."""
    facts = (of_campaign(variant_id="x0", clicks=9), of_campaign(variant_id="x1", clicks=11))
    assert "shift_budget" not in actions(campaign(), *facts)


def test_variants_without_outcomes_call_for_outcomes() -> None:
    """Told with how many; nothing to say when each has some."""
    results = {"variant_generation:campaign:c1": variants(2)}
    [step] = [one for one in steps(campaign(), of_campaign(variant_id="x0"), video(), results=results) if _asks(one)]
    assert step["reason"].startswith("1 of its 2 variants have no outcomes yet")
    told = (of_campaign(variant_id="x0"), of_campaign(variant_id="x1"))
    assert not [one for one in steps(campaign(), *told, results=results) if _asks(one)]


def _asks(step: Mapping[str, Any]) -> bool:
    return bool(step["action"] == "report_outcomes")


def test_the_list_of_steps_can_be_worked_through() -> None:
    """However much there is to do, eight steps are told, and the same advice three times at most."""
    results = {f"variant_generation:campaign:c{place}": variants(2) for place in range(30)}
    results |= {f"hook_analysis:video:v{place}": hook(20.0, "Say something.") for place in range(30)}
    holdings = [one for place in range(30) for one in (video(f"v{place}"), campaign(f"c{place}"))]
    found = [step["action"] for step in steps(*holdings, results=results)]
    assert found == ["improve_hook"] * 3 + ["report_outcomes"] * 3 + ["create_campaign"] * 2
    assert len(found) == MOST_STEPS


def test_what_is_shown_in_short_is_in_the_catalogue() -> None:
    """The tables name task types that exist."""
    assert {*IN_SHORT_OF_VIDEO, *IN_SHORT_OF_CAMPAIGN} <= {row.name for row in ROWS}
