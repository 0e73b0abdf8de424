"""Train the actions model that is shipped, on made-up users: ``python -m models.train_actions``."""

import argparse
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from models.actions_lesson import FEATURES, hash_of, told_by
from models.behaviour_simulator import REGULARITY, Simulated, simulate
from models.manifest import Lineage
from models.next_action import NextActionModel, published
from models.next_action_fit import fit
from models.registry import SHIPPED, ModelKind, Registry

USERS, DAYS = 240, 60
"""Learned from: users of every kind, who join on any of these days."""

ATTRIBUTION = "Trained on made-up users (models/behaviour_simulator.py); no real person's behaviour went into it."

SEED, SEED_OF_OTHERS = 20, 21
"""Of the users learned from, and of those held against: no user is among both."""

USERS_ASKED, DAYS_ASKED = 40, 120
"""Held against, each from their first action on."""


def train(*, users: int = USERS, days: int = DAYS, report: bool = False) -> tuple[NextActionModel, Simulated]:
    """The model, and what it learned from; the same each time."""

    def tell(step: str, share: float) -> None:
        if report:
            print(f"{share:4.0%} {step}", flush=True)  # noqa: T201 -- a command that a person runs

    known = simulate(users=users, days=days, seed=SEED, regularity=None, joining=True)
    return fit(known.log, seed=SEED, report=tell), known


def against_best(
    model: NextActionModel,
    *,
    regularity: float | None,
    users: int = USERS_ASKED,
    days: int = DAYS_ASKED,
    seed: int = SEED_OF_OTHERS,
) -> Mapping[str, float]:
    """How a model does on users that it has never seen, and how the best possible one would.

    ``best_*`` is what is expected of whoever knows the process and every user's routines from the first day on; the
    model has to learn the routines of each from what they do.
    """
    asked = simulate(users=users, days=days, seed=seed, regularity=regularity)
    told = told_by(model, asked.log, since=0).metrics()
    return {
        "best_top_1": round(float(asked.best.mean()), 5),
        "top_1": told["top_1"],
        "best_top_3": round(float(asked.best_3.mean()), 5),
        "top_3": told["top_3"],
        "best_log_loss": round(float(asked.entropy.mean()), 5),
        "log_loss": told["log_loss"],
        "coverage": told["coverage"],
        "precision": told["precision"],
        "actions": len(asked.log),
    }


def main() -> None:
    """Replace the actions model under ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, help="folder of models; what is under actions/ is replaced"
    )
    options = parser.parse_args()
    model, known = train(report=True)
    metrics = against_best(model, regularity=REGULARITY)
    lineage = Lineage(
        data_sha256=hash_of(known.log), features=FEATURES, metrics=metrics, attribution=ATTRIBUTION, licence="CC0-1.0"
    )
    shutil.rmtree(options.out / ModelKind.ACTIONS, ignore_errors=True)
    registry = Registry(own=options.out)
    version = registry.publish(ModelKind.ACTIONS, published(model), trained_at=datetime.now(UTC), lineage=lineage)
    registry.promote(ModelKind.ACTIONS, version.version)
    for name, value in metrics.items():
        print(f"{name}: {value:g}")  # noqa: T201
    size = (options.out / ModelKind.ACTIONS / f"{version.version}.joblib").stat().st_size
    print(f"{version.version}, {size / 1e6:.1f} MB, sha256 {version.sha256}")  # noqa: T201


if __name__ == "__main__":
    main()
