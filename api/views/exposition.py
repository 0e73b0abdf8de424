"""The figures for Prometheus."""

from typing import cast

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client.exposition import choose_encoder

from api.exposition.scrape import Scrape
from precompute.precomputer import Precomputer
from precompute.settings import Settings

blueprint = Blueprint("exposition", __name__)

_SCRAPE = "precompute-scrape"


def expose(app: Flask, precomputer: Precomputer, *, settings: Settings) -> None:
    """Let ``app`` answer scrapes."""
    app.extensions[_SCRAPE] = Scrape(precomputer, settings)


def scrape_of(app: Flask) -> Scrape:
    """What answers the scrapes of ``app``."""
    return cast(Scrape, app.extensions[_SCRAPE])


@blueprint.get("/metrics")
def scrape() -> Response:
    """Everything that the service counts, of all its processes; also while the cache or the broker is down."""
    registry = scrape_of(current_app).registry()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)
