"""What nightly training adds: intervals of the next two weeks by trained models, by workers alone, and by the start.

``python benchmarks/training.py --data ads_online_2020.parquet`` replays real outcomes: every few days a training as at
night, promoted or not by the rule, then predictions of the two weeks after.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pyarrow import parquet

from models.funnel import FUNNEL, HORIZON_DAYS
from models.rates_lesson import held_against, interval_score, start_variability, variability_in
from models.registry import ModelKind, Registry, usable
from models.roas import RoasModel, roas_model
from models.tallies import DAY, Tallies, tallies_of
from models.training import train
from precompute.errors import ModelNotTrained
from precompute.facts import Outcome
from precompute.store.database import Database
from precompute.subjects import Subject

WHO = ("trained", "workers alone", "the start")


def main() -> None:
    """Print the means over all days of training."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="Parquet file with daily outcomes of campaigns")
    parser.add_argument("--every", type=int, default=3, help="days between trainings")
    parser.add_argument("--first", type=int, default=21, help="days before the first one")
    options = parser.parse_args()
    outcomes = _outcomes(options.data)
    days = sorted({one.at for one in outcomes})
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        facts, registry = Database(f"sqlite:///{folder}/facts.sqlite3"), Registry(own=Path(folder))
        for cut in days[options.first : -HORIZON_DAYS + 1 : options.every]:
            facts.write([one for one in outcomes if one.at < cut])
            try:
                done = train(ModelKind.ROAS, facts=facts, registry=registry, at=cut, report=lambda step, share: None)
                print(f"{cut:%Y-%m-%d}  {done.told}")
            except ModelNotTrained as problem:
                print(f"{cut:%Y-%m-%d}  {problem.message}")
            past = tallies_of(facts.lines(Subject.CAMPAIGN, step=DAY))
            after = [one for one in outcomes if one.at < cut + timedelta(days=HORIZON_DAYS)]
            _hold(found, _models(past, registry), past=past, tallies=_all(after, past))
        facts.close()
    for (rate, who), points in found.items():
        holds, score = np.mean(points, axis=0)
        print(f"{rate:12s} {who:14s} 80 % interval holds {holds:.3f}   interval score {score:.3f}")


def _models(past: Tallies, registry: Registry) -> Mapping[str, RoasModel]:
    loaded = usable(registry, ModelKind.ROAS)
    taught = variability_in(loaded.model if loaded else None, tallies=past)
    start = start_variability(past, kinds=FUNNEL)
    made = (roas_model(past, variability=taught), roas_model(past), roas_model(past, variability=start))
    return dict(zip(WHO, made, strict=True))


def _all(outcomes: Sequence[Outcome], past: Tallies) -> Tallies:
    """The outcomes of the lines of ``past``, in their order."""
    with TemporaryDirectory() as folder:
        facts = Database(f"sqlite:///{folder}/facts.sqlite3")
        facts.write(outcomes)
        lines = facts.lines(Subject.CAMPAIGN, step=DAY)
        facts.close()
    return tallies_of({line: lines[line] for line in past.lines}, days=past.days)


def _hold(
    found: dict[tuple[str, str], list[tuple[float, float]]],
    models: Mapping[str, RoasModel],
    *,
    past: Tallies,
    tallies: Tallies,
) -> None:
    for rate, kind in FUNNEL.items():
        unit = models["the start"].rates[rate].centre
        for who, model in models.items():
            coming, actual = held_against(model, past, tallies, name=rate, kind=kind)
            told = np.isfinite(actual)
            within = (actual >= coming.low - 1e-9) & (actual <= coming.high + 1e-9)
            score = interval_score(coming, actual, unit=unit)
            found[rate, who].append((float(within[told].mean()), float(score[told].mean())))


def _outcomes(path: Path) -> list[Outcome]:
    rows = parquet.read_table(path).to_pylist()
    return [
        Outcome(
            fact_id=str(number),
            at=row["date"].replace(tzinfo=UTC),
            subject=Subject.CAMPAIGN,
            subject_id="_".join(str(row[name]) for name in ("campaign_number", "banner", "placement")),
            impressions=row["displays"],
            clicks=row["clicks"],
            conversions=row["post_click_conversions"],
            spend=row["cost"],
            revenue=row["revenue"],
        )
        for number, row in enumerate(rows)
    ]


if __name__ == "__main__":
    main()
