"""Expected click-through rate of a video ad before any outcome is known: the prior, documented in docs/ctr-prior.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.special import betaincinv  # type: ignore[import-untyped]

MODEL_VERSION = "prior-1"
"""Changes with any number in this module."""

BASE_CTR = 0.010
"""Expected CTR of an in-feed video ad of which nothing is known (docs/ctr-prior.md, "Where it starts")."""

PRIOR_CLICKS = 1.5
"""Clicks the prior is worth, so that log CTR has a standard deviation of 0.97 (docs/ctr-prior.md, "How sure")."""

EARLY_S = 3.0
"""What is there within the first three seconds is early, as in the hook analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSigns:
    """What is known of a video that has to do with clicks.

    Attributes:
        hook_score: 0 to 100.
        first_face_at: Seconds; None without a face.
        largest_face_share: Share of the frame, 0 to 1.
        cuts_per_minute: At least 0.
        speech_starts_at: Seconds; None without speech.
        opening_has_text: Whether text can be read on the screen in the first seconds.
        duration: Seconds.
    """

    hook_score: float
    first_face_at: float | None
    largest_face_share: float
    cuts_per_minute: float
    speech_starts_at: float | None
    opening_has_text: bool
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CtrBelief:
    """What is believed of a click-through rate: a Beta distribution, told as clicks in impressions.

    Real clicks and impressions can be added to both numbers, which is Bayes' rule for a binomial outcome.

    Attributes:
        clicks: More than 0; whole numbers only by chance.
        impressions: More than ``clicks``.
    """

    clicks: float
    impressions: float

    @property
    def mean(self) -> float:
        """The expected rate, 0 to 1."""
        return self.clicks / self.impressions

    def interval(self, *, share: float = 0.8) -> tuple[float, float]:
        """Bounds between which the rate is with a probability of ``share``, as likely below as above."""
        tails = ((1 - share) / 2, (1 + share) / 2)
        low, high = (float(betaincinv(self.clicks, self.impressions - self.clicks, tail)) for tail in tails)
        return low, high


def prior_of(signs: VideoSigns) -> CtrBelief:
    """What is believed of a video's CTR before anybody saw it."""
    odds = log(BASE_CTR / (1 - BASE_CTR)) + sum(log_odds_effects(signs).values())
    mean = 1 / (1 + exp(-odds))
    return CtrBelief(clicks=PRIOR_CLICKS, impressions=PRIOR_CLICKS / mean)


def log_odds_effects(signs: VideoSigns) -> Mapping[str, float]:
    """What each sign adds to the log-odds of a click; 0 where it says nothing.

    Together they stay within -0.8 and +0.8: what a video looks like says less than what it offers to whom.
    Reasons and sources of each number: docs/ctr-prior.md, "What moves it".
    """
    return {
        "hook": 0.30 * float(np.clip((signs.hook_score - 50) / 50, -1, 1)),
        "early_face": _timed(signs.first_face_at, early=0.10, never=-0.05),
        "large_face": _between(signs.largest_face_share, {0.02: 0.0, 0.10: 0.05}),
        "pace": _between(signs.cuts_per_minute, {0: -0.08, 10: 0.08, 40: 0.08, 90: -0.05}),
        "early_speech": _timed(signs.speech_starts_at, early=0.05, never=-0.05),
        "text_in_opening": 0.08 if signs.opening_has_text else -0.04,
        "duration": _between(signs.duration, {3: -0.10, 9: 0.0, 15: 0.08, 34: 0.08, 60: -0.05, 180: -0.15, 600: -0.20}),
    }


def _timed(at: float | None, *, early: float, never: float) -> float:
    if at is None:
        return never
    return early if at <= EARLY_S else 0.0


def _between(value: float, points: Mapping[float, float]) -> float:
    """The effect at ``value`` on straight lines through ``points``, level beyond the outer ones."""
    return float(np.interp(value, list(points), list(points.values())))
