"""What fifty variants cost a worker: generated, scored and with their ROAS, one campaign after the other on one thread.

The first campaign of a process also loads the models; it is told apart. A process remembers the vectors of phrases
that need nothing from the brief; what is told is also what it costs when nothing is remembered, not even from one step
to the next, as when each step meets a worker that has just started and loaded its models. That is what the target is
held against.

python benchmarks/variants.py [--data BRIEFS.json] [--campaigns 20] [--days 0] [--json]
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from figures import Figure, told

from models import habits
from models.sentences import sentence_model
from precompute.events import CampaignCreated
from precompute.facts import Outcome
from precompute.job import Job
from precompute.settings import Settings
from precompute.store import Facts
from precompute.store.database import Database
from precompute.subjects import Subject
from workers.campaign.roas import predict_roas
from workers.campaign.scoring import score_variants
from workers.campaign.variants import generate_variants

BUDGET_SECONDS = 0.5
STEPS = ("variant_generation", "variant_scoring", "roas_prediction")

PRODUCTS = ("standing desk", "running shoes", "coffee subscription", "AirPods Pro 2", "language course", "vegan soap")
OFFERS = ("20% off", "free shipping", "two for one", "first month free", None)
AUDIENCES = ("busy parents", "students", "small business owners", {"age": "25-34", "interests": ["yoga", "hiking"]})
TONES = ("friendly", "playful", "professional", "luxury", "urgent")


def built_in(count: int) -> Iterable[Mapping[str, Any]]:
    """Briefs that all differ."""
    every = itertools.cycle(itertools.product(PRODUCTS, OFFERS, AUDIENCES, TONES))
    for number, (product, offer, audience, tone) in zip(range(count * 7), every, strict=False):
        if number % 7 == 0:
            yield {
                "product": f"{product}",
                "brand": f"Brand{number}",
                "offer": offer,
                "target_audience": audience,
                "tone": tone,
                "budget": 1000 + number,
                "benefits": [f"made for week {number}"],
            }


def job_of(number: int, brief: Mapping[str, Any], *, settings: Settings, facts: Facts) -> Job:
    """The job of one campaign whose videos nobody has analysed."""
    return Job(
        event=CampaignCreated(subject_id=f"c{number}", user_id="u1", data=brief),
        settings=settings,
        at=datetime.now(UTC),
        facts=facts,
        recent=lambda user_id: [],
        predict=habits.predict_each,
        peek=lambda key: None,
        states=lambda keys: [],
        report=lambda share: None,
    )


def report_outcomes(number: int, variants: Iterable[Mapping[str, Any]], *, facts: Facts, days: int) -> None:
    """Daily outcomes of a campaign's variants, so that the next campaigns find a platform with a past."""
    random, now = np.random.default_rng(number), datetime.now(UTC)
    facts.write(
        [
            Outcome(
                at=now - timedelta(days=day),
                subject=Subject.CAMPAIGN,
                subject_id=f"c{number}",
                variant_id=variant["variant_id"],
                impressions=1000,
                clicks=int(random.poisson(12)),
                conversions=int(random.poisson(1)),
                spend=5.0,
                revenue=float(random.poisson(1) * 20),
            )
            for variant in variants
            for day in range(days)
        ]
    )


def timed(call: Callable[[], Any], *, into: list[tuple[float, float]]) -> Any:
    """What ``call`` gives; its CPU and wall seconds go ``into`` the list."""
    cpu, wall = time.process_time(), time.perf_counter()
    value = call()
    into.append((time.process_time() - cpu, time.perf_counter() - wall))
    return value


def measured(
    briefs: Iterable[Mapping[str, Any]], *, folder: Path, days: int, forgetful: bool
) -> tuple[Any, list[float]]:
    """CPU and wall seconds of each step by campaign, (n_campaigns, 3, 2), and the closest two headlines of each."""

    def step(call: Callable[[], Any]) -> Any:
        if forgetful:
            sentence_model().forget()
        return timed(call, into=taken)

    settings, facts = Settings(data_dir=folder), Database(f"sqlite:///{folder}/facts.sqlite3")
    seconds, closest = [], []
    for number, brief in enumerate(briefs):
        job = job_of(number, brief, settings=settings, facts=facts)
        taken: list[tuple[float, float]] = []
        generated = step(lambda job=job: generate_variants(job=job).value)
        scored = step(lambda job=job, made=generated: score_variants(made, job=job))
        step(lambda job=job, made=generated, told=scored: predict_roas(made, told, job=job))
        seconds.append(taken)
        vectors = sentence_model().read([variant["headline"] for variant in generated["variants"]]).meaning
        closest.append(float(np.triu(vectors @ vectors.T, 1).max()))
        report_outcomes(number, generated["variants"], facts=facts, days=days)
    facts.close()
    return np.array(seconds), closest


def main() -> None:
    """Tell what each step costs, in CPU and in wall time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="JSON: a list of briefs (built-in ones without)")
    parser.add_argument("--campaigns", type=int, default=20, help="how many built-in briefs")
    parser.add_argument("--days", type=int, default=0, help="days of outcomes that each campaign leaves to the next")
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    options = parser.parse_args()
    briefs = json.loads(options.data.read_text(encoding="utf-8")) if options.data else list(built_in(options.campaigns))
    known, nothing = (_told_steps(briefs, days=options.days, forgetful=forgetful) for forgetful in (False, True))
    cpu, wall = _all(nothing, 0), _all(nothing, 1)
    note = (
        f"median of {len(cpu)} campaigns, one after the other on one thread of a process with models loaded; nothing "
        f"is remembered from one step to the next; slowest {wall.max():.2f} s ({cpu.max():.2f} s CPU). Once a process "
        f"knows the phrases that need nothing from the brief: {np.median(_all(known, 0)):.3f} s CPU"
    )
    what, target = "50 variants generated, scored, with ROAS", f"<= {BUDGET_SECONDS} s"
    figures = [
        Figure(what=f"{what}: worker's time", ours=float(np.median(wall)), unit="s", target=target, note=note),
        Figure(what=f"{what}: worker's CPU", ours=float(np.median(cpu)), unit="s", target=target, own=True),
    ]
    told("variants", figures, as_json=options.json)


def _told_steps(briefs: Sequence[Mapping[str, Any]], *, days: int, forgetful: bool) -> Any:
    """Seconds of the campaigns after the first, which also loads the models; (n_campaigns - 1, 3, 2)."""
    with TemporaryDirectory() as folder:
        seconds, closest = measured(briefs, folder=Path(folder), days=days, forgetful=forgetful)
    if not forgetful:
        tell(f"first campaign of the process, with loading: {seconds[0, :, 0].sum():.3f} s CPU")
    tell("nothing remembered:" if forgetful else "phrases remembered:")
    rest = seconds[1:] if len(seconds) > 1 else seconds
    for place, name in enumerate(STEPS):
        cpu, wall = np.median(rest[:, place], axis=0)
        tell(f"  {name:20} {1000 * cpu:6.0f} ms CPU {1000 * wall:6.0f} ms wall (median of {len(rest)})")
    tell(f"closest headlines of a campaign: cosine {max(closest):.3f}")
    return rest


def _all(seconds: Any, kind: int) -> Any:
    """What all steps of each campaign took; ``kind`` 0 for CPU, 1 for wall."""
    return seconds[:, :, kind].sum(axis=1)


def tell(line: str) -> None:
    """Say how it goes, where the figures are not."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
