"""What the views work with, kept on the app that serves them."""

from typing import cast

from flask import Flask, current_app

from api.waiting import Places, Slots
from precompute.precomputer import Precomputer
from precompute.settings import Settings

_ENGINE = "precompute"
_PLACES = "precompute-places"


def attach(app: Flask, precomputer: Precomputer, *, settings: Settings) -> None:
    """Let the views of ``app`` work with ``precomputer``, and share its threads out."""
    app.extensions[_ENGINE] = precomputer
    app.extensions[_PLACES] = Places(settings.api_threads)


def engine() -> Precomputer:
    """The engine of the app that serves this request."""
    return cast(Precomputer, current_app.extensions[_ENGINE])


def slots() -> Slots:
    """The places for waiting requests of the app that serves this request."""
    return places_of(current_app).waits


def places_of(app: Flask) -> Places:
    """What the threads of an app may be held for."""
    return cast(Places, app.extensions[_PLACES])
