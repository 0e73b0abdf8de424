"""When somebody is told that something is wrong, and where."""

from dataclasses import dataclass
from datetime import timedelta

from precompute import setting_values as takes
from precompute.durations import parse_duration
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Watching:
    """When somebody is told that something is wrong, and where."""

    alert_urls: tuple[str, ...] = setting(
        "PRECOMPUTE_ALERT_URLS",
        (),
        takes.addresses,
        "Where alerts are sent: URLs of Apprise (`slack://…`, `mailto://…`, `json://…`), separated by commas or "
        "spaces. Unset, they are shown and not sent.",
        secret=True,
    )
    alert_interval: timedelta = setting(
        "PRECOMPUTE_ALERT_INTERVAL",
        timedelta(seconds=15),
        parse_duration,
        "How often beat has it looked whether something is wrong.",
    )
    alert_after: timedelta = setting(
        "PRECOMPUTE_ALERT_AFTER",
        timedelta(minutes=1),
        parse_duration,
        "Something must be wrong for so long before an alert starts.",
    )
    alert_over_after: timedelta = setting(
        "PRECOMPUTE_ALERT_OVER_AFTER",
        timedelta(minutes=2),
        parse_duration,
        "Everything must be well for so long before an alert ends.",
    )
    alert_window: timedelta = setting(
        "PRECOMPUTE_ALERT_WINDOW",
        timedelta(minutes=10),
        parse_duration,
        "Rates and times of alerts are those of the last minutes, an hour at most.",
    )
    alert_queue: int = setting(
        "PRECOMPUTE_ALERT_QUEUE",
        100,
        takes.between(1, 10_000_000),
        "Alert while more tasks wait. It ends at four fifths.",
    )
    alert_hit_rate: int = setting(
        "PRECOMPUTE_ALERT_HIT_RATE",
        80,
        takes.between(0, 100),
        "Alert while a smaller percentage of reads finds a result. It ends at a quarter of the way from there to 100.",
    )
    alert_least_reads: int = setting(
        "PRECOMPUTE_ALERT_LEAST_READS",
        50,
        takes.between(1, 10_000_000),
        "Fewer reads within the window say nothing about the hit rate.",
    )
    alert_least_computations: int = setting(
        "PRECOMPUTE_ALERT_LEAST_COMPUTATIONS",
        10,
        takes.between(1, 10_000_000),
        "Fewer computations of a type within the window say nothing about its time, nor about how many fail.",
    )
    alert_failed: int = setting(
        "PRECOMPUTE_ALERT_FAILED",
        20,
        takes.between(1, 100),
        "Alert while a larger percentage of a type's tasks fails. It ends at half of it.",
    )
    alert_workers: int | None = setting(
        "PRECOMPUTE_ALERT_WORKERS",
        None,
        takes.between(1, 10_000),
        "Alert while fewer workers run (not their processes). Unset, while one that ended without a word is missing.",
    )
    alert_overdue: timedelta = setting(
        "PRECOMPUTE_ALERT_OVERDUE",
        timedelta(minutes=5),
        parse_duration,
        "Alert while a refresh is overdue for longer. It ends at half of it.",
    )
    alert_refused: int = setting(
        "PRECOMPUTE_ALERT_REFUSED",
        20,
        takes.between(1, 100),
        "Alert while a larger percentage of the refreshes is put off or dropped. It ends at half of it.",
    )
    alert_least_followed: int = setting(
        "PRECOMPUTE_ALERT_LEAST_FOLLOWED",
        100,
        takes.between(1, 10_000_000),
        "Fewer predictions of a day that an action followed say nothing about the model.",
    )
    alert_memory: int = setting(
        "PRECOMPUTE_ALERT_MEMORY",
        90,
        takes.between(1, 100),
        "Alert while a server that evicts nothing has a larger percentage of its memory in use. It ends 5 below.",
    )
