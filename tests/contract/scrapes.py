"""One scrape of an API on the bench, taken apart."""

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families


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


def scraped(app: Flask, **headers: str) -> Told:
    """What the app tells now."""
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    return Told(answer.get_data(as_text=True))
