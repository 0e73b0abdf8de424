"""How many headlines' click-through rates lie where the prior expects those of videos: its width, held to real ones."""

import argparse
from pathlib import Path

import numpy as np
from scipy.special import polygamma

from models.ctr import BASE_CTR, PRIOR_CLICKS, CtrBelief
from models.headlines import read_headline_tests

LEAST_IMPRESSIONS = 1000
"""With fewer, chance on clicks hides the rate."""


def main() -> None:
    """Print the spread of real rates beside the prior's, and the share that its 80 % interval holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Parquet with A/B tests of headlines")
    tests = read_headline_tests(parser.parse_args().data)
    arms = tests.only(tests.impressions >= LEAST_IMPRESSIONS)
    rates = arms.clicks / arms.impressions

    seen = arms.clicks > 0
    logs = np.log(rates[seen])
    # By the delta method, the logarithm of a binomial rate varies by (1 - p) / clicks by chance alone.
    by_chance = float(np.mean((1 - rates[seen]) / arms.clicks[seen]))
    spread = float(np.sqrt(max(logs.var(ddof=1) - by_chance, 0.0)))
    print(f"{len(arms):,} headlines with {LEAST_IMPRESSIONS:,} impressions or more, mean CTR {rates.mean():.2%}")
    print(f"standard deviation of log CTR, chance taken out: {spread:.2f}")
    print(f"the prior's own ({PRIOR_CLICKS} clicks): {float(polygamma(1, PRIOR_CLICKS)) ** 0.5:.2f}")
    for name, mean in (("their own mean", float(rates.mean())), ("the prior's mean", BASE_CTR)):
        low, high = CtrBelief(clicks=PRIOR_CLICKS, impressions=PRIOR_CLICKS / mean).interval()
        held = float(np.mean((rates >= low) & (rates <= high)))
        print(f"80 % interval around {name}, {mean:.2%}: {low:.2%} to {high:.2%}, holds {held:.1%}")


if __name__ == "__main__":
    main()
