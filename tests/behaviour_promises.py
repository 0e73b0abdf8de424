"""What every keeper of facts promises about the behaviour log as a whole."""

from dataclasses import replace
from datetime import timedelta

from store_promises import HOUR, NOON, action

from precompute.facts import UserFact
from precompute.store import Facts


class BehaviourPromises:
    """Inherited by the tests of each keeper, which bring the fixture ``facts``, an empty one."""

    def test_nobody_did_anything_yet(self, facts: Facts) -> None:
        """Empty columns."""
        log = facts.action_log()
        assert (list(log.users), list(log.actions), list(log.at_seconds), dict(log.zones)) == ([], [], [], {})

    def test_the_log_is_in_the_order_of_acceptance(self, facts: Facts) -> None:
        """Whatever the clock said, and in whatever order it was written; of those accepted together the order stays."""
        early = action("edit", user="u2", accepted=2, at=NOON - HOUR + timedelta(microseconds=1))
        facts.write([action("login", accepted=1), action("view", accepted=3), replace(early), action("x", accepted=3)])
        log = facts.action_log()
        assert list(log.actions) == ["login", "edit", "view", "x"]
        assert list(log.users) == ["u1", "u2", "u1", "u1"]
        assert log.at_seconds[1] == (NOON - HOUR).timestamp() + 1e-6

    def test_of_a_long_log_the_latest_are_read(self, facts: Facts) -> None:
        """So that learning stays affordable."""
        facts.write([action(f"a{number}", accepted=number) for number in range(7)])
        assert list(facts.action_log(most=3).actions) == ["a4", "a5", "a6"]
        assert len(facts.action_log(most=7).actions) == len(facts.action_log(most=8).actions) == 7

    def test_the_zone_told_last_counts(self, facts: Facts) -> None:
        """Of users that are in the log."""
        told = UserFact(at=NOON, user_id="u1", timezone="Asia/Muscat")
        facts.write([replace(told, fact_id="later", at=NOON + HOUR, timezone="Europe/Berlin"), told])
        facts.write([replace(told, fact_id="other", user_id="u9"), action(), action(user="u2")])
        assert dict(facts.action_log().zones) == {"u1": "Europe/Berlin"}
