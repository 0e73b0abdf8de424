"""What every keeper of facts promises: the database on each engine, and the one in memory that unit tests use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from precompute.facts import Action, CampaignFact, Fact, Outcome, VariantFact, VideoFact
from precompute.store import Facts, Period, Totals
from precompute.subjects import Subject

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def action(name: str = "login", *, at: datetime = NOON, user: str = "u1", accepted: int = 0) -> Action:
    """Something a user did."""
    return Action(at=at, user_id=user, action=name, accepted=accepted)


def outcome(
    campaign: str = "c1",
    variant: str | None = None,
    *,
    at: datetime = NOON,
    shown: int = 100,
    clicks: int = 3,
    spend: float | None = 2.5,
    revenue: float | None = 5.0,
) -> Outcome:
    """A report on a campaign or a variant."""
    return Outcome(
        at=at,
        subject=Subject.CAMPAIGN,
        subject_id=campaign,
        variant_id=variant,
        impressions=shown,
        clicks=clicks,
        conversions=None if spend is None else 1,
        spend=spend,
        revenue=revenue,
    )


def video(name: str = "v1", *, at: datetime = NOON, user: str = "u1", title: str = "A", accepted: int = 0) -> VideoFact:
    """A video as a trigger brought it."""
    return VideoFact(at=at, video_id=name, user_id=user, data={"title": title}, accepted=accepted)


def campaign(name: str = "c1", *, at: datetime = NOON, user: str = "u1", budget: int = 100) -> CampaignFact:
    """A campaign as a trigger brought it."""
    return CampaignFact(at=at, campaign_id=name, user_id=user, data={"budget": budget})


def variant(
    name: str = "a", *, of: str = "c1", headline: str = "Sit less", language: str = "en", at: datetime = NOON
) -> VariantFact:
    """A text that was made for a campaign."""
    return VariantFact(at=at, campaign_id=of, variant_id=name, headline=headline, language=language)


class StorePromises:
    """Inherited by the tests of each keeper, which bring the fixture ``facts``, an empty one."""

    def test_before_anything_is_known_every_answer_is_empty(self, facts: Facts) -> None:
        """No error for a user, video or campaign nobody heard of."""
        assert facts.videos_of("u1") == facts.campaigns_of("u1") == facts.actions_of("u1") == []
        assert facts.campaign("c1") is None
        assert facts.owner_of(Subject.VIDEO, "v1") is None
        assert facts.totals(Subject.CAMPAIGN, "c1") == Totals()
        assert facts.variant_totals("c1") == facts.all_totals(Subject.CAMPAIGN) == {}
        assert facts.series(Subject.CAMPAIGN, ["c1"], step=DAY) == {"c1": []}
        assert facts.lines(Subject.CAMPAIGN, step=DAY) == {}
        assert facts.reported(Subject.CAMPAIGN) == 0
        assert facts.variants_with_outcomes() == []
        assert facts.write([]) == 0

    @pytest.mark.parametrize("fact", [action(), outcome(), video(), campaign()], ids=lambda fact: fact.kind)
    def test_a_fact_given_again_is_not_new(self, facts: Facts, fact: Fact) -> None:
        """Neither in a later batch nor twice in the same one."""
        assert facts.write([fact]) == 1
        assert facts.write([fact]) == 0
        other = replace(fact, fact_id="another", at=fact.at + HOUR)
        assert facts.write([other, fact, other]) == 1

    def test_outcomes_given_again_are_not_added_again(self, facts: Facts) -> None:
        """The totals count each report once, however often and in whatever company it comes."""
        first, second = outcome(clicks=3), outcome(clicks=4)
        for batch in ([first], [first, first], [second, first], [second]):
            facts.write(batch)
        assert facts.totals(Subject.CAMPAIGN, "c1") == Totals(
            outcomes=2, impressions=200, clicks=7, conversions=2, spend=5.0, revenue=10.0
        )
        assert facts.reported(Subject.CAMPAIGN) == 2

    def test_totals_include_variants_and_count_what_is_not_reported_as_nought(self, facts: Facts) -> None:
        """A campaign's totals are those of its variants and its own; other campaigns and videos stay apart."""
        own, of_a, of_b = outcome(), outcome(variant="a", spend=None, revenue=None), outcome(variant="b", clicks=10)
        elsewhere = replace(outcome(), fact_id="elsewhere", subject=Subject.VIDEO)
        facts.write([own, of_a, of_b, elsewhere, outcome("c2")])

        whole = facts.totals(Subject.CAMPAIGN, "c1")
        assert whole == Totals(outcomes=3, impressions=300, clicks=16, conversions=2, spend=5.0, revenue=10.0)
        assert (whole.ctr, whole.roas) == (16 / 300, 2.0)
        assert facts.variant_totals("c1") == {
            "a": Totals(outcomes=1, impressions=100, clicks=3),
            "b": Totals(outcomes=1, impressions=100, clicks=10, conversions=1, spend=2.5, revenue=5.0),
        }
        assert facts.all_totals(Subject.CAMPAIGN) == {"c1": whole, "c2": facts.totals(Subject.CAMPAIGN, "c2")}
        assert set(facts.all_totals(Subject.VIDEO)) == {"c1"}
        assert (facts.reported(Subject.CAMPAIGN), facts.reported(Subject.VIDEO)) == (4, 1)

    def test_a_series_has_steps_since_1970_and_leaves_empty_ones_out(self, facts: Facts) -> None:
        """Days begin at midnight in UTC, whatever zone was reported; each id asked for is there."""
        late = outcome(at=datetime(2026, 3, 2, 1, 0, tzinfo=timezone(2 * HOUR)), clicks=1)  # 23:00 on the first
        facts.write([outcome(at=NOON + 3 * DAY, clicks=5), late, outcome(clicks=2), outcome("c2")])

        series = facts.series(Subject.CAMPAIGN, ["c1", "c3"], step=DAY)

        midnight = datetime(2026, 3, 1, tzinfo=UTC)
        assert [(period.at, period.totals.outcomes, period.totals.clicks) for period in series["c1"]] == [
            (midnight, 2, 3),
            (midnight + 3 * DAY, 1, 5),
        ]
        assert series["c3"] == []
        assert set(series) == {"c1", "c3"}

    def test_lines_are_series_by_variant(self, facts: Facts) -> None:
        """Reports of the campaign itself are a line of their own; ``most`` keeps the latest periods of all lines."""
        facts.write(
            [
                outcome("c1", "a", clicks=1),
                outcome("c1", "a", at=NOON + DAY, clicks=2),
                outcome("c1", clicks=3),
                outcome("c2", "a", at=NOON + 2 * DAY, clicks=4),
            ]
        )
        clicks = _clicks_by_line(facts.lines(Subject.CAMPAIGN, step=DAY))
        assert clicks == {("c1", "a"): [1, 2], ("c1", None): [3], ("c2", "a"): [4]}
        of_one = facts.lines(Subject.CAMPAIGN, step=DAY, subject_ids=["c2"])
        assert _clicks_by_line(of_one) == {("c2", "a"): [4]}
        latest = facts.lines(Subject.CAMPAIGN, step=DAY, most=2)
        assert _clicks_by_line(latest) == {("c1", "a"): [2], ("c2", "a"): [4]}
        assert facts.lines(Subject.VIDEO, step=DAY) == {}

    def test_what_was_brought_last_counts(self, facts: Facts) -> None:
        """Also for whose it is, and though an older one is delivered afterwards."""
        old, new = video(title="Old"), video(at=NOON + HOUR, user="u2", title="New")
        assert facts.write([new]) == 1
        assert facts.write([old]) == 0
        assert facts.videos_of("u1") == []
        assert facts.videos_of("u2") == [new]
        assert facts.owner_of(Subject.VIDEO, "v1") == "u2"

    def test_of_one_instant_the_one_accepted_last_counts(self, facts: Facts) -> None:
        """In whatever order they are delivered."""
        first, second = video(title="First", accepted=1), video(title="Second", accepted=2)
        facts.write([second])
        facts.write([first])
        assert facts.videos_of("u1") == [second]
        facts.write([campaign(budget=1), campaign(budget=2)])
        found = facts.campaign("c1")
        assert found is not None
        assert found.data == {"budget": 2}

    def test_the_latest_come_first(self, facts: Facts) -> None:
        """Of a user's videos and campaigns, and no more than asked for."""
        facts.write([video("v2", at=NOON + HOUR), video("v1"), video("v3", at=NOON + DAY), video("v4", user="u2")])
        facts.write([campaign("c1", at=NOON + HOUR), campaign("c2", at=NOON + DAY), campaign("c3")])

        assert [one.video_id for one in facts.videos_of("u1")] == ["v3", "v2", "v1"]
        assert [one.campaign_id for one in facts.campaigns_of("u1", most=2)] == ["c2", "c1"]
        assert facts.campaign("c2") == campaign_like(facts.campaigns_of("u1"), "c2")
        assert facts.owner_of(Subject.CAMPAIGN, "c3") == "u1"
        assert facts.owner_of(Subject.USER, "u1") is None

    def test_the_mark_of_an_account_changes_with_what_is_theirs(self, facts: Facts) -> None:
        """A video, the same one again, a campaign, an outcome of it; of others and of actions nothing shows in it."""
        marks = [facts.account_mark("u1")]
        for fact in (video(), video(at=NOON + HOUR), campaign(), outcome(variant="a"), outcome()):
            facts.write([fact])
            marks.append(facts.account_mark("u1"))
        assert len(set(marks)) == len(marks)

        facts.write([video("v2", user="u2"), campaign("c2", user="u2"), outcome("c2"), action(user="u1"), variant()])
        assert facts.account_mark("u1") == marks[-1]

    def test_a_video_that_moves_to_another_user_marks_both_accounts(self, facts: Facts) -> None:
        """Whose it was has one less."""
        facts.write([video()])
        before = {user: facts.account_mark(user) for user in ("u1", "u2")}
        facts.write([video(at=NOON + HOUR, user="u2")])

        assert all(facts.account_mark(user) != mark for user, mark in before.items())

    def test_texts_stay_as_first_made(self, facts: Facts) -> None:
        """Made again they are not new, and the same id under another campaign is another text."""
        first = variant("a")
        assert facts.write([first, variant("a", of="c2")]) == 2
        assert facts.write([variant("a", headline="Changed", at=NOON + DAY), variant("b")]) == 1
        facts.write([outcome("c1", "a")])
        assert facts.variants_with_outcomes() == [first]

    def test_texts_with_outcomes_come_latest_first(self, facts: Facts) -> None:
        """Those of which none were reported are left out, as are reports of unknown texts and of whole campaigns."""
        old, new = variant("a"), variant("b", of="c2", at=NOON + DAY)
        facts.write([old, new, variant("unseen")])
        facts.write([outcome("c1", "a"), outcome("c1", "a", at=NOON + HOUR), outcome("c2", "b"), outcome("c2")])
        facts.write([outcome("c9", "theirs")])
        assert facts.variants_with_outcomes() == [new, old]
        assert facts.variants_with_outcomes(most=1) == [new]

    def test_actions_stand_in_the_order_of_their_acceptance(self, facts: Facts) -> None:
        """Though they share an instant, are dated otherwise, or are delivered otherwise; the latest are kept."""
        facts.write([action("third", accepted=3), action("fourth", at=NOON - DAY, accepted=4)])
        facts.write([action("first", accepted=1), action("second", accepted=2), action("other", user="u2")])

        assert [one.action for one in facts.actions_of("u1")] == ["first", "second", "third", "fourth"]
        assert [one.action for one in facts.actions_of("u1", most=2)] == ["third", "fourth"]

    def test_facts_come_back_as_they_were(self, facts: Facts) -> None:
        """To the microsecond, in any script, with the characters that databases stumble over."""
        at = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
        data = {"title": "Größe 🎬 \u0000 '; --", "tags": [1, 2.5, None, {"deep": True}]}
        odd = VideoFact(at=at, video_id="v1", user_id="u1", data=data)
        viewed = Action(at=at, user_id="u1", action="動画を見る", subject=Subject.VIDEO, subject_id="v1")
        facts.write([odd, viewed])
        assert facts.videos_of("u1") == [odd]
        assert facts.actions_of("u1") == [viewed]


def campaign_like(campaigns: Sequence[CampaignFact], campaign_id: str) -> CampaignFact:
    """The one of that id."""
    return next(one for one in campaigns if one.campaign_id == campaign_id)


def _clicks_by_line(lines: dict[tuple[str, str | None], list[Period]]) -> dict[tuple[str, str | None], list[int]]:
    return {line: [period.totals.clicks for period in periods] for line, periods in lines.items()}
