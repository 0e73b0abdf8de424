"""One scrape of an API on the bench, taken apart."""

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.exposition import scrape
from api.views.exposition import scrape_of
from precompute.precomputer import Precomputer
from precompute.settings import Settings

PATIENCE_S = 20.0
"""Of scrapes in tests that are not about that: they share their machine with others."""


class Told:
    """What one scrape told."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Of one series; None when there is none."""
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def values(self, name: str, label: str) -> dict[str, float]:
        """By one label, of the series that are not 0."""
        found = {dict(labels)[label]: value for (each, labels), value in self.samples.items() if each == name}
        return {value: count for value, count in found.items() if count}

    @property
    def names(self) -> set[str]:
        """Of everything that was told."""
        return {name for name, _ in self.samples}


def patient_app(precomputer: Precomputer, settings: Settings) -> Flask:
    """An API that counts its requests; what its scrapes tell does not depend on how busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TIMEOUT_S", "DEADLINE_S"):
            patch.setattr(scrape, name, PATIENCE_S)
        app = create_app(precomputer, settings)
    scrape_of(app).count(app)
    return app


def scraped(app: Flask, **headers: str) -> Told:
    """What the app tells now."""
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    return Told(answer.get_data(as_text=True))
