"""Who will probably come in the hours after the off-peak ones, and what they will do then: what they did there before.

How likely that is :mod:`precompute.presence` tells. It is asked of the store once for each morning, and kept beside the
results: the preparations go on for an hour, a minute at a time, in whichever process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from precompute import presence
from precompute.cache import Cache
from precompute.clock import to_ms
from precompute.durations import in_ms
from precompute.fact_json import fact_from_json, fact_to_json
from precompute.facts import CampaignFact
from precompute.presence import WEEKS
from precompute.scripts import reaching_cache
from precompute.store import DAY, Facts, Routine, Visits

HOURS = timedelta(hours=4)
"""How long a morning is: from the end of the off-peak hours on."""

MOST_USERS = 20_000
"""Users whose first day is looked up; the rest is taken to have been known for all four weeks."""

MOST_EXPECTED = 2000
"""Users that are prepared for, likeliest first."""

ACTIVE_WITHIN = 14 * DAY
"""A campaign that was brought or reported about as lately is active."""

MOST_CAMPAIGNS = 500
"""Active campaigns that are scored anew, those that something happened to last first."""

KEY = "pc:morning"

Chances = Mapping[str, Mapping[str, float]]
"""By user and action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What is expected of a morning.

    Attributes:
        chances: Of users who are likely enough to come, the likeliest first.
        campaigns: The active ones of these users, what happened last first.
    """

    chances: Chances
    campaigns: Sequence[CampaignFact]

    def comes(self, user_id: str) -> float:
        """How likely a user does what they are likeliest to do."""
        return max(self.chances.get(user_id, {}).values(), default=0.0)


def morning_of(cache: Cache, facts: Facts, *, begins: datetime, threshold: float) -> Morning:
    """What is expected of a morning; asked of the store when nobody has, or the answer was evicted.

    Args:
        cache: Where the answer is kept until the morning is over.
        facts: The store.
        begins: The morning.
        threshold: Users who do nothing with a greater chance are left out.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    mark = [to_ms(begins), threshold]
    with reaching_cache():
        kept = cache.client.get(KEY)
    if kept is not None and (found := orjson.loads(kept)).get("mark") == mark:
        return _unpacked(found)
    now = cache.clock()
    morning = _asked(facts, begins=begins, now=now, threshold=threshold)
    told = {
        "mark": mark,
        "chances": morning.chances,
        "campaigns": [fact_to_json(one).decode() for one in morning.campaigns],
    }
    with reaching_cache():
        cache.client.set(KEY, orjson.dumps(told), px=max(1, in_ms(begins + HOURS - now)))
    return morning


def expected(facts: Facts, *, morning: datetime) -> Chances:
    """What users will do in the morning that begins at ``morning``, by user and action.

    Raises:
        SourceUnavailable: The store cannot be asked now.
    """
    visits = facts.visits(until=morning, weeks=WEEKS, most=MOST_USERS)
    return chances(facts.routines(until=morning, weeks=WEEKS, hours=HOURS), visits=visits, morning=morning)


def chances(routines: Iterable[Routine], *, visits: Iterable[Visits], morning: datetime) -> Chances:
    """The chance of each routine, told from the days since the user was first seen."""
    first = {one.user_id: one.first for one in visits}
    found: dict[str, dict[str, float]] = {}
    for one in routines:
        chance = presence.chance(alike=one.alike, other=one.other, first=first.get(one.user_id), until=morning)
        found.setdefault(one.user_id, {})[one.action] = chance
    return found


def _asked(facts: Facts, *, begins: datetime, now: datetime, threshold: float) -> Morning:
    all_of_them = expected(facts, morning=begins)
    likely = {user_id: max(actions.values()) for user_id, actions in all_of_them.items()}
    users = sorted((one for one in likely if likely[one] > threshold), key=lambda one: -likely[one])[:MOST_EXPECTED]
    campaigns = facts.active_campaigns(since=now - ACTIVE_WITHIN, until=now, most=MOST_CAMPAIGNS) if users else []
    return Morning(
        chances={user_id: all_of_them[user_id] for user_id in users},
        campaigns=[one for one in campaigns if one.user_id in set(users)],
    )


def _unpacked(found: Mapping[str, Any]) -> Morning:
    campaigns = [fact_from_json(line.encode(), accepted=0) for line in found["campaigns"]]
    return Morning(chances=found["chances"], campaigns=[one for one in campaigns if isinstance(one, CampaignFact)])
