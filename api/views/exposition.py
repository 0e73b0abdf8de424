"""The figures for Prometheus."""

from typing import cast

from flask import Flask, Response, current_app, request
from prometheus_client.exposition import choose_encoder

from api.blueprint import NounBlueprint, answers
from api.exposition.scrape import Scrape
from precompute.precomputer import Precomputer
from precompute.settings import Settings

blueprint = NounBlueprint("exposition", __name__, description="Figures for Prometheus.")

_SCRAPE = "precompute-scrape"

_TEXT = answers(
    "The figures.", schema={"type": "string"}, content_type="text/plain", example="precompute_cache_up 1.0\n"
)


def expose(app: Flask, precomputer: Precomputer, *, settings: Settings) -> None:
    """Let ``app`` answer scrapes."""
    app.extensions[_SCRAPE] = Scrape(precomputer, settings)


def scrape_of(app: Flask) -> Scrape:
    """What answers the scrapes of ``app``."""
    return cast(Scrape, app.extensions[_SCRAPE])


@blueprint.route("/metrics")
@blueprint.doc(responses={200: _TEXT})
def scrape() -> Response:
    """Everything that the service counts, of all its processes, in the text format of Prometheus.

    Answers also while the cache or the broker is down: without their figures, and with `precompute_cache_up 0`.
    """
    registry = scrape_of(current_app).registry()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)
