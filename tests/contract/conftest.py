"""The engine on a real cache server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import redis
from bench import CATALOGUE, Bench
from callback_receiver import Mailbox, open_mailbox
from flask import Flask
from near_process import Process
from scrapes import patient_app
from servers import ValkeyServer
from watched_precomputer import WatchedSleep, precomputer_with

from api.views.exposition import scrape_of
from precompute.callbacks import Callbacks
from precompute.precomputer import Precomputer
from precompute.settings import Settings


@pytest.fixture
def bench(cache_client: "redis.Redis") -> Bench:
    """An engine on an empty cache, at noon."""
    return Bench(cache_client)


@pytest.fixture
def notifications(cache_server: ValkeyServer) -> WatchedSleep:
    """Changes of the bench's server."""
    return WatchedSleep(cache_server.url)


@pytest.fixture
def precomputer(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> Precomputer:
    """The bench's engine, with an empty media folder."""
    return precomputer_with(CATALOGUE, bench, notifications, tmp_path)


@pytest.fixture
def app(precomputer: Precomputer, cache_server: ValkeyServer) -> Iterator[Flask]:
    """An API on the bench's engine; the cache's server is its broker as well."""
    app = patient_app(precomputer, Settings(redis_url=cache_server.url))
    yield app
    scrape_of(app).close()


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[Mailbox]:
    """One for all tests."""
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mailboxes: Mailbox) -> Mailbox:
    """An empty one that takes everything."""
    mailboxes.answers, mailboxes.letters, mailboxes.leads_to = SimpleQueue(), SimpleQueue(), ""
    return mailboxes


@pytest.fixture
def callbacks(bench: Bench) -> Callbacks:
    """Beside the bench's entries."""
    return Callbacks(bench.client, ledger=bench.ledger, clock=bench.clock)


@pytest.fixture
def processes(bench: Bench) -> Iterator[Callable[..., Process]]:
    """Starts as many as a test wants."""
    started: list[Process] = []

    def start(url: str = bench.url, **options: Any) -> Process:
        started.append(Process(url, bench, **options))
        return started[-1]

    yield start
    for process in started:
        process.close()
