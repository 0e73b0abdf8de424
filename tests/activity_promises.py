"""What every keeper of facts promises of who and what is active; see ``store_promises``."""

from store_promises import DAY, HOUR, NOON, action, campaign, outcome, video

from precompute.store import Facts, Routine, Visits


class ActivityPromises:
    """Inherited by the tests of each keeper, which bring the fixture ``facts``, an empty one."""

    def test_recent_videos_are_everybodys_latest_first(self, facts: Facts) -> None:
        """From the first instant of the time until before its last one, and no more than asked for."""
        facts.write([video("start"), video("end", at=NOON + DAY), video("before", at=NOON - HOUR)])
        facts.write(
            [video("first", accepted=7, at=NOON + HOUR), video("second", accepted=8, at=NOON + HOUR, user="u2")]
        )

        found = [one.video_id for one in facts.recent_videos(since=NOON, until=NOON + DAY)]
        assert found == ["second", "first", "start"]
        assert facts.recent_videos(since=NOON, until=NOON + DAY, most=1)[0].data == {"title": "A"}
        assert facts.recent_videos(since=NOON + 2 * DAY, until=NOON + 3 * DAY) == []

    def test_a_campaign_is_active_when_it_is_new_or_reported_about(self, facts: Facts) -> None:
        """What happened last comes first; reports of an earlier or a later time count as little as those of videos."""
        facts.write([campaign(name, at=NOON - 30 * DAY) for name in ("old", "running", "future", "past")])
        facts.write([campaign("new", at=NOON + HOUR), campaign("later", at=NOON + 2 * DAY)])
        facts.write([outcome("running", at=NOON), outcome("running", "a", at=NOON + 2 * HOUR)])
        facts.write([outcome("future", at=NOON + DAY), outcome("past", at=NOON - HOUR), outcome("unknown")])

        found = [one.campaign_id for one in facts.active_campaigns(since=NOON, until=NOON + DAY)]
        assert found == ["running", "new"]
        assert [one.campaign_id for one in facts.active_campaigns(since=NOON, until=NOON + DAY, most=1)] == ["running"]

    def test_visits_count_days_not_actions(self, facts: Facts) -> None:
        """A day begins at the time of day of the instant; of those with as many, the one seen last comes first."""
        facts.write([action(at=NOON + minutes * HOUR / 60, user="busy") for minutes in range(5)])
        facts.write([action(at=NOON - 11 * HOUR, user="two"), action(at=NOON + 11 * HOUR, user="two")])
        facts.write([action(at=NOON + 13 * HOUR, user="two"), action(at=NOON - 13 * HOUR, user="two")])
        facts.write([action(user="once"), action(at=NOON - 20 * DAY, user="gone"), action(at=NOON + DAY, user="soon")])

        until = NOON + DAY
        busy = Visits(user_id="busy", alike=0, other=1, first=NOON, last=NOON + 4 * HOUR / 60)
        two = Visits(user_id="two", alike=0, other=2, first=NOON - 13 * HOUR, last=NOON + 13 * HOUR)
        once = Visits(user_id="once", alike=0, other=1, first=NOON, last=NOON)
        assert facts.visits(until=until, weeks=1) == [two, busy, once]
        assert facts.visits(until=until, weeks=1, most=2) == [two, busy]
        gone = Visits(user_id="gone", alike=1, other=0, first=NOON - 20 * DAY, last=NOON - 20 * DAY)
        assert facts.visits(until=until, weeks=3)[-1] == gone

    def test_routines_count_days_within_the_hours(self, facts: Facts) -> None:
        """Apart: those of the weekday of the last instant; what was done twice in a day is one day."""
        week = 7 * DAY
        facts.write([action("look", at=NOON - days * DAY + HOUR) for days in (1, 2, 7, 8, 14)])
        facts.write(
            [action("look", at=NOON - week + HOUR / 2), action("look", at=NOON - week), action("pay", at=NOON - DAY)]
        )
        facts.write(
            [action("look", at=NOON - DAY - HOUR, user="early"), action("look", at=NOON - DAY + 2 * HOUR, user="late")]
        )
        facts.write([action("look", at=NOON, user="now"), action("look", at=NOON - 2 * week - HOUR, user="gone")])

        look = Routine(user_id="u1", action="look", alike=2, other=3)
        pay = Routine(user_id="u1", action="pay", alike=0, other=1)
        assert facts.routines(until=NOON, weeks=2, hours=2 * HOUR) == [look, pay]
        assert facts.routines(until=NOON, weeks=2, hours=2 * HOUR, most=1) == [look]
        assert facts.routines(until=NOON, weeks=1, hours=HOUR) == [
            Routine(user_id="u1", action="look", alike=1, other=0),
            pay,
        ]
