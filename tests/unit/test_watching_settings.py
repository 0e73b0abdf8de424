"""What may be set about alerts."""

from datetime import timedelta

import pytest

from precompute.catalogue import CTR_PREDICTION
from precompute.errors import DeclarationError
from precompute.plugins import catalogue_for
from precompute.settings import Settings


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("json://a/b", ("json://a/b",)),
        ("json://a, slack://x/y/z\nmailto://u:p@c", ("json://a", "slack://x/y/z", "mailto://u:p@c")),
        ("mailto://u:p@c?to=a@x.org,b@x.org json://d,", ("mailto://u:p@c?to=a@x.org,b@x.org", "json://d")),
        (" json://a,json://a ", ("json://a",)),
    ],
)
def test_addresses_stand_side_by_side(text: str, urls: tuple[str, ...]) -> None:
    """Between commas, spaces or lines; one may hold commas itself, and none is told twice."""
    assert Settings.from_environ({"PRECOMPUTE_ALERT_URLS": text}).alert_urls == urls


@pytest.mark.parametrize("text", ["geheim", "json://a geheim", "json://a, geheim json://b", "://geheim"])
def test_what_is_no_address_is_told_without_showing_it(text: str) -> None:
    """It may be a token that stands in the wrong place."""
    with pytest.raises(DeclarationError) as told:
        Settings.from_environ({"PRECOMPUTE_ALERT_URLS": text})
    assert told.value.message.startswith("PRECOMPUTE_ALERT_URLS takes URLs such as")
    assert "geheim" not in told.value.message


def test_addresses_are_not_in_the_repr() -> None:
    """Settings are shown in traces."""
    assert "geheim" not in repr(Settings.from_environ({"PRECOMPUTE_ALERT_URLS": "slack://geheim/a/b"}))


def test_what_is_slow_is_set_by_type() -> None:
    """In the catalogue in force; the shipped row keeps its own."""
    settings = Settings.from_environ({"PRECOMPUTE_SLOW_CTR_PREDICTION": "250s"})
    assert catalogue_for(settings).get("ctr_prediction").slow == timedelta(seconds=250)
    assert catalogue_for(Settings()).get("ctr_prediction").slow == CTR_PREDICTION.time_limit / 4


def test_a_threshold_of_no_type_is_refused() -> None:
    """By its variable."""
    with pytest.raises(DeclarationError, match="PRECOMPUTE_SLOW_CTR names no task type"):
        catalogue_for(Settings.from_environ({"PRECOMPUTE_SLOW_CTR": "5s"}))
