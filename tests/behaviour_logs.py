"""Behaviour logs for tests: made-up users as facts, as they would have been recorded."""

from datetime import UTC, datetime

from models.behaviour_simulator import simulate
from precompute.facts import Action


def recorded(*, users: int, days: int, seed: int, regularity: float | None = 0.97, prefix: str = "") -> list[Action]:
    """What made-up users did, in the order accepted.

    Args:
        users: How many.
        days: As many.
        seed: Of everybody's habits.
        regularity: As for :func:`simulate`.
        prefix: Of all names but ``login``, so that they are a platform's own.
    """
    log = simulate(users=users, days=days, seed=seed, regularity=regularity).log
    names = [name if name == "login" else prefix + name for name in log.names]
    rows = zip(log.users.tolist(), log.actions.tolist(), log.at.tolist(), strict=True)
    return [
        Action(
            at=datetime.fromtimestamp(at, UTC),
            user_id=f"s{seed}-{user}",
            action=names[action],
            accepted=place,
            fact_id=f"{seed}-{place}",
        )
        for place, (user, action, at) in enumerate(rows, start=1)
    ]
