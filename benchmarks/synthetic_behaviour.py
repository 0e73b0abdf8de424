"""How well made-up users can be predicted at best, and how well the shipped model predicts them.

    python benchmarks/synthetic_behaviour.py [--users 40] [--days 90] [--model FILE.joblib]

No user is one that the model was trained on. ``best`` is what whoever knows every user's routines from the first day on
would reach; the model has to learn them from what each user does, from the first action on.
"""

import argparse
import sys
from pathlib import Path

import joblib

from models.behaviour_simulator import REGULARITY
from models.next_action import model_in
from models.registry import ModelKind, Registry
from models.train_actions import DAYS_ASKED, USERS_ASKED, against_best

REGULARITIES: tuple[float | None, ...] = (0.99, REGULARITY, 0.9, 0.8, 0.7, None)
"""Populations, from those who hardly ever do anything out of turn; None is a mixture of all."""


def main() -> None:
    """Print one line for each population."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=USERS_ASKED)
    parser.add_argument("--days", type=int, default=DAYS_ASKED)
    parser.add_argument("--model", type=Path, help="instead of the shipped one")
    options = parser.parse_args()
    shipped = Registry(own=Path("nowhere"))
    model = model_in(joblib.load(options.model) if options.model else shipped.current(ModelKind.ACTIONS).model)
    if model is None:
        sys.exit("this model was written by another version")
    print("regularity  actions  top-1 best model of best  top-3 best model  log loss best model  sure right")
    for regularity in REGULARITIES:
        found = against_best(model, regularity=regularity, users=options.users, days=options.days)
        print(
            f"{'mixed' if regularity is None else f'{regularity:.2f}':>10}  {found['actions']:7.0f}  "
            f"     {found['best_top_1']:.3f} {found['top_1']:.3f}  {found['top_1'] / found['best_top_1']:6.1%}  "
            f"     {found['best_top_3']:.3f} {found['top_3']:.3f}  "
            f"        {found['best_log_loss']:.3f} {found['log_loss']:.3f}  "
            f"{found['coverage']:.3f} {found['precision']:.3f}"
        )


if __name__ == "__main__":
    main()
