"""Train the text model that is shipped: ``python -m models.train_text --data headlines_upworthy.parquet``."""

import argparse
import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.headlines import HeadlineTests, read_headline_tests
from models.manifest import Lineage
from models.registry import SHIPPED, ModelKind, Registry
from models.sentences import MIDDLE_LAYERS
from models.text import TextModel
from models.text_evaluation import Trainer, on_later_weeks, out_of_fold, winners_found
from models.text_fit import fitted, style_of, unexplained_deviation

ATTRIBUTION = (
    "Trained on the Upworthy Research Archive, exploratory set: J. Nathan Matias, Kevin Munger, Marianne Aubin "
    "Le Quere, Charles Ebersole (2021), doi 10.1038/s41597-021-00934-7, CC BY 4.0, "
    "https://creativecommons.org/licenses/by/4.0/. "
    "Arms of one test with the same headline and image were added up; only the learned weights are shipped."
)
FEATURES = tuple(f"all-MiniLM-L6-v2 layer {layer}, mean over tokens" for layer in MIDDLE_LAYERS)


def trainer_on(tests: HeadlineTests, style: NDArray[np.float64]) -> Trainer:
    """Learns from some of the arms of ``tests`` and scores others, as :func:`train` learns from all."""
    return lambda learned, asked: style[asked] @ fitted(tests.only(learned), style[learned], deviation=0).weights


def train(tests: HeadlineTests) -> tuple[TextModel, Mapping[str, float]]:
    """The model of all tests, and how models trained in the same way do on tests that they have not seen."""
    style = style_of(tests)
    trainer = trainer_on(tests, style)
    unseen = out_of_fold(tests, trainer)
    crossed, later = winners_found(tests, unseen), on_later_weeks(tests, trainer)
    metrics = {
        "winners_cross_validated": round(crossed.every, 4),
        "significant_winners_cross_validated": round(crossed.significant, 4),
        "winners_later_weeks": round(later.every, 4),
        "significant_winners_later_weeks": round(later.significant, 4),
    }
    return fitted(tests, style, deviation=unexplained_deviation(tests, unseen)), metrics


def main() -> None:
    """Replace the text model under ``--out`` by one trained on ``--data``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Parquet file of the Upworthy Research Archive")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder of models; what is under text/ is replaced")
    options = parser.parse_args()
    model, metrics = train(read_headline_tests(options.data))
    lineage = Lineage(
        data_sha256=hashlib.sha256(options.data.read_bytes()).hexdigest(),
        features=FEATURES,
        metrics=metrics,
        attribution=ATTRIBUTION,
        licence="CC-BY-4.0",
    )
    shutil.rmtree(options.out / ModelKind.TEXT, ignore_errors=True)
    registry = Registry(own=options.out)
    version = registry.publish(ModelKind.TEXT, model, trained_at=datetime.now(UTC), lineage=lineage)
    registry.promote(ModelKind.TEXT, version.version)
    for name, value in metrics.items():
        print(f"{name}: {value:.4f}")  # noqa: T201 -- a command that a person runs
    print(f"{version.version}, sha256 {version.sha256}")  # noqa: T201


if __name__ == "__main__":
    main()
