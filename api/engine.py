"""What the views work with, kept on the app that serves them."""

from typing import cast

from flask import Flask, current_app

from api.waiting import Slots
from precompute.precomputer import Precomputer
from precompute.settings import Settings

_ENGINE = "precompute"
_SLOTS = "precompute-slots"


def attach(app: Flask, precomputer: Precomputer, *, settings: Settings) -> None:
    """Let the views of ``app`` work with ``precomputer``; at most half of its threads may wait."""
    app.extensions[_ENGINE] = precomputer
    app.extensions[_SLOTS] = Slots(settings.api_threads // 2)


def engine() -> Precomputer:
    """The engine of the app that serves this request."""
    return cast(Precomputer, current_app.extensions[_ENGINE])


def slots() -> Slots:
    """The places for waiting requests of the app that serves this request."""
    return cast(Slots, current_app.extensions[_SLOTS])
