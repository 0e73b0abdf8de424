"""Predictions held against what users did: how often they were right, by model, over the last hour, day and week.

Of each user the latest prediction waits under ``pc:f:USER`` and is scored, once, by the next action that is recorded
(``lua/remember.lua``): of several made in between, the last one counts. What nobody follows within
:data:`FOLLOWED_WITHIN`, such as the one made on the last action of a session, is dropped unscored, so the figures
speak of what users do while they are there. Counts are kept in hashes ``pc:fb:GRAIN:NUMBER``, one for each five minutes
of the last two hours and for each hour of the last eight days. An evicted one takes its own counts along, no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.clock import to_ms
from precompute.durations import in_ms
from precompute.prediction import Prediction
from precompute.scripts import reaching_cache

FOLLOWED_WITHIN = timedelta(hours=1)
"""A prediction that no action follows so soon is dropped: its user went away."""

DATED_EARLIER = timedelta(minutes=1)
"""An action may be dated so much before the prediction that it follows: callers' clocks differ, or count minutes."""

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)

BINS = 10
"""Of the calibration, each a tenth of probability wide."""

_FINE, _COARSE = timedelta(minutes=5), timedelta(hours=1)

_MICRO = 1e6
"""Sums of fractions are counted in whole millionths, which add up exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Predictions whose likeliest action had about the same probability.

    Attributes:
        predictions: How many.
        told: Mean of that probability; None without predictions.
        happened: Share of them that came true: of a calibrated model the same; None without predictions.
    """

    predictions: int
    told: float | None
    happened: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How often predictions came true. Shares are None where there is nothing to divide by.

    Attributes:
        followed: Predictions that an action followed.
        top_1: Share whose likeliest action it was.
        top_3: Share with it among the three likeliest.
        coverage: Share that was sure, that is, told an action with a probability above 0.5.
        precision: Share of the sure ones that were right.
        brier: Mean squared error over all actions, 0 (perfect) to 2.
        plain_top_1: Share that the plain guess got right: what the user did most often so far.
        calibration: By tenths of the likeliest action's probability.
    """

    followed: int
    top_1: float | None
    top_3: float | None
    coverage: float | None
    precision: float | None
    brier: float | None
    plain_top_1: float | None
    calibration: tuple[Bin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The accuracy of all predictions, and of each model's by its version."""

    all: Accuracy
    by_version: Mapping[str, Accuracy]


Plainly = tuple[str, Prediction, str | None]
"""A user's id, what was predicted of them, and the plain guess: what they did most often so far."""


def expectations(predictions: Iterable[Plainly], *, at: datetime) -> list[tuple[str | bytes | int, ...]]:
    """The commands that let predictions wait for what their users do next."""
    commands: list[tuple[str | bytes | int, ...]] = []
    for user_id, prediction, plain in predictions:
        guesses = [(one.action, round(one.probability, 4)) for one in prediction.actions]
        body = {"m": to_ms(at), "v": prediction.model_version, "b": plain, "g": guesses}
        # Kept longer than it waits: an action's date decides, and its report may be on its way.
        commands.append(("SET", f"pc:f:{user_id}", orjson.dumps(body), "PX", in_ms(2 * FOLLOWED_WITHIN)))
    return commands


def accuracy(cache: Cache, *, window: timedelta) -> Followed:
    """How often the predictions of the last :data:`HOUR`, :data:`DAY` or :data:`WEEK` came true, in one round trip.

    Args:
        cache: Where they are counted.
        window: At most a week; the last five minutes of an hour, else the last hour, are counted in whole.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    grain = _FINE if window <= HOUR else _COARSE
    now = to_ms(cache.clock()) // in_ms(grain)
    numbers = range(now - window // grain, now + 1)
    client: Any = cache.client
    with reaching_cache(), client.pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.hgetall(f"pc:fb:{in_ms(grain)}:{number}")
        found = pipe.execute()
    by_version: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    everything: dict[str, int] = defaultdict(int)
    for bucket in found:
        for name, count in bucket.items():
            version, _, what = name.decode().rpartition(":")
            by_version[version][what] += int(count)
            everything[what] += int(count)
    return Followed(
        all=_accuracy(everything),
        by_version={version: _accuracy(counts) for version, counts in sorted(by_version.items())},
    )


def _accuracy(counts: Mapping[str, int]) -> Accuracy:
    followed, sure = counts.get("n", 0), counts.get("sure", 0)

    def share(name: str, *, of: int = followed, unit: float = 1.0) -> float | None:
        return counts.get(name, 0) / unit / of if of else None

    return Accuracy(
        followed=followed,
        top_1=share("top1"),
        top_3=share("top3"),
        coverage=share("sure"),
        precision=share("sure_right", of=sure),
        brier=share("brier", unit=_MICRO),
        plain_top_1=share("plain"),
        calibration=tuple(
            Bin(
                predictions=(many := counts.get(f"bin{number}", 0)),
                told=share(f"told{number}", of=many, unit=_MICRO),
                happened=share(f"right{number}", of=many),
            )
            for number in range(BINS)
        ),
    )
