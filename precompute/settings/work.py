"""What is computed when, and what is left."""

from dataclasses import dataclass
from datetime import timedelta

from precompute import setting_values as takes
from precompute.durations import parse_duration
from precompute.off_peak import OffPeak, parse_off_peak
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is computed when, and what is left."""

    lease: timedelta = setting(
        "PRECOMPUTE_LEASE",
        timedelta(seconds=20),
        parse_duration,
        "How long a computation stays reserved without a sign of life from its worker.",
    )
    sweep_interval: timedelta = setting(
        "PRECOMPUTE_SWEEP_INTERVAL",
        timedelta(seconds=5),
        parse_duration,
        "How often beat looks for computations whose worker died.",
    )
    refresh_interval: timedelta = setting(
        "PRECOMPUTE_REFRESH_INTERVAL",
        timedelta(seconds=15),
        parse_duration,
        "How often beat looks for results whose refresh is due.",
    )
    refresh_expiry: timedelta = setting(
        "PRECOMPUTE_REFRESH_EXPIRY",
        timedelta(minutes=5),
        parse_duration,
        "A look at whether a result has changed that waited longer for a worker is dropped; the result is due again.",
    )
    off_peak: OffPeak = setting(
        "PRECOMPUTE_OFF_PEAK",
        parse_off_peak("01:00-06:00"),
        parse_off_peak,
        "Hours of the day, in UTC, with time to spare; may go on past midnight. Models are trained anew at their "
        "start, or not that night when no worker is free before their end.",
    )
    prediction_threshold: float = setting(
        "PRECOMPUTE_PREDICTION_THRESHOLD",
        0.5,
        takes.share,
        "Results are computed ahead for actions more probable than this, while nothing waits; with a backlog it rises.",
    )
    predictions_per_user: int = setting(
        "PRECOMPUTE_PREDICTIONS_PER_USER",
        20,
        takes.between(0, 100_000),
        "Most results computed ahead for one user within an hour.",
    )
    most_waiting: int = setting(
        "PRECOMPUTE_MOST_WAITING",
        100,
        takes.between(1, 1_000_000),
        "No result is computed ahead while this many tasks wait; at five times as many, none is refreshed.",
    )
    most_waiting_events: int = setting(
        "PRECOMPUTE_MOST_WAITING_EVENTS",
        50_000,
        takes.between(1, 10_000_000),
        "Triggers are answered with 503 while this many tasks wait on their queue and on more urgent ones.",
    )
