"""The Flask app: an engine and its settings in, HTTP out."""

from flask import Flask
from flask_swagger_ui import get_swaggerui_blueprint

from api.correlation import Correlated
from api.direct import DirectReads
from api.engine import attach
from api.errors import answer_errors
from api.files import send_files_whole
from api.guard import guard
from api.intake import attach_intake
from api.limits import limit
from api.openapi import service_api
from api.views import (
    about,
    batches,
    cache,
    campaigns,
    exposition,
    facts,
    failed,
    logins,
    media,
    operations,
    status,
    triggers,
    watching,
)
from precompute.precomputer import Precomputer
from precompute.settings import Settings

LARGEST_BODY = 1_000_000
"""Bytes; a larger body answers 413."""

BLUEPRINTS = (
    triggers.blueprint,
    campaigns.blueprint,
    logins.blueprint,
    batches.blueprint,
    facts.blueprint,
    cache.blueprint,
    status.blueprint,
    failed.blueprint,
    media.blueprint,
    watching.blueprint,
)
"""By noun, in the order of the document."""


def create_app(precomputer: Precomputer, settings: Settings) -> Flask:
    """The service's app; nothing is contacted before the first request."""
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.strict_slashes = False
    # A redirect would be HTML, and a POST lose its body on the way with some clients.
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    attach(app, precomputer, settings=settings)
    attach_intake(app)
    send_files_whole(app)
    door = guard(app, settings)
    limit(app, settings)
    exposition.expose(app, precomputer, settings=settings)
    api = service_api(app, catalogue=precomputer.catalogue)
    answer_errors(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(about.blueprint)
    app.register_blueprint(exposition.blueprint)
    operations.attach_operations(app, precomputer)
    app.register_blueprint(operations.blueprint)
    # The badge would send the document to a validator on the internet.
    shown = {"app_name": api.spec.title, "validatorUrl": None, "displayRequestDuration": True}
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", config=shown))
    reads = DirectReads(app.wsgi_app, engine=precomputer, door=door, note=exposition.scrape_of(app).note)
    # What is counted or traced by Flask's extensions has to pass them.
    direct = settings.rate_limit is None and settings.tracing_endpoint is None
    app.wsgi_app = Correlated(reads if direct else app.wsgi_app)  # type: ignore[method-assign]
    return app
