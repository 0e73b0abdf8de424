"""Alerts on a real cache server: one evaluation counts, each message is sent once, and nothing waits for it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from bench import CATALOGUE, SOLO, Bench, at_once
from servers import free_port
from webhook import Webhook, webhook

from precompute.alerts import active_alerts, looked_at, update
from precompute.cache import Cache
from precompute.hysteresis import Reading
from precompute.outbox import FIRST_REST, LEASE, LONGEST_REST, MOST_WAITING, WORTH_SENDING, Outbox, target_of
from precompute.scripts import connect
from precompute.settings import Settings
from workers.alert_sending import Sender
from workers.alerts import MISSED, Watch, Watchman

# Apprise's own import of what encrypts mail.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECOND = timedelta(seconds=1)
EVERY = 15 * SECOND


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A web server that takes messages."""
    with webhook() as server:
        yield server


def settings_for(*urls: str, **values: Any) -> Settings:
    """Told at once, over at once."""
    instant = timedelta(milliseconds=1)
    return Settings(alert_urls=urls, **{"alert_after": instant, "alert_over_after": instant, **values})


def reading(value: float | None = 150, *, name: str = "queue_backlog") -> Reading:
    """Wrong beyond 100, well from 80 on."""
    return Reading(name=name, threshold=100, well=80, value=value, summary=f"{value} tasks wait.", labels={})


def wrong(bench: Bench, settings: Settings, *values: float | None) -> list[bool]:
    """Looks at these values, one interval apart; for each message whether it says that it ended."""
    told: list[bool] = []
    for value in values:
        bench.clock.forward(EVERY)
        told += [turn.ended for turn in update(bench.cache, [reading(value)], settings=settings)]
    return told


def watchman_on(bench: Bench, settings: Settings) -> Watchman:
    """A process that watches the bench's service, with a broker that answers."""
    here = replace(settings, redis_url=bench.url)
    watch = Watch(settings=here, catalogue=CATALOGUE, cache=bench.cache, ping=lambda: None)
    return Watchman(watch, sender=Sender(cache=bench.cache, urls=here.alert_urls))


def test_before_anybody_looked_nothing_is_wrong(bench: Bench) -> None:
    """No alert, and nobody pretends to have looked."""
    assert active_alerts(bench.cache) == ()
    assert looked_at(bench.cache) is None


def test_an_alert_is_shown_while_it_lasts(bench: Bench) -> None:
    """With the latest value, since it was found; not before it has lasted, and not when it is over."""
    settings = settings_for(alert_after=2 * EVERY)
    wrong(bench, settings, 150)
    found_at = bench.clock()
    assert active_alerts(bench.cache) == ()
    wrong(bench, settings, 160, 170)
    [alert] = active_alerts(bench.cache)
    assert (alert.name, alert.labels, alert.value, alert.threshold) == ("queue_backlog", {}, 170.0, 100.0)
    assert (alert.since, alert.summary) == (found_at, "170 tasks wait.")
    assert looked_at(bench.cache) == bench.clock()
    wrong(bench, settings, 10, 10)
    assert active_alerts(bench.cache) == ()


def test_of_evaluators_at_once_one_counts(bench: Bench, hook: Webhook) -> None:
    """Eight processes find the same; one tells it, and one message goes out."""
    settings = settings_for(hook.url)
    wrong(bench, settings, 150)
    bench.clock.forward(EVERY)
    caches = [Cache(connect(bench.url), clock=bench.clock) for _ in range(8)]
    found = at_once(lambda number: update(caches[number], [reading()], settings=settings), times=8)
    assert sorted(len(turns) for turns in found) == [0] * 7 + [1]
    senders = [Sender(cache=cache, urls=settings.alert_urls) for cache in caches]
    sent = at_once(lambda number: senders[number].send_waiting(), times=8)
    assert sum(sent) == len(hook.taken) == 1


def test_looks_that_follow_too_soon_count_for_nothing(bench: Bench) -> None:
    """Beat and one in its place at the same time make no second look of one."""
    settings = settings_for()
    wrong(bench, settings, 150)
    bench.clock.forward(SECOND)
    assert update(bench.cache, [reading(10)], settings=settings) == ()
    assert looked_at(bench.cache) == bench.clock() - SECOND


def test_what_happened_while_nobody_looked_is_not_known(bench: Bench) -> None:
    """Wrong before a night without a look and wrong after it is not wrong all night."""
    settings = settings_for(alert_after=60 * SECOND)
    wrong(bench, settings, 150)
    bench.clock.forward(timedelta(hours=8))
    assert wrong(bench, settings, 150, 150, 150, 150) == []
    assert wrong(bench, settings, 150) == [False]


def test_a_message_says_what_and_since_when(bench: Bench, hook: Webhook) -> None:
    """As Apprise's json:// sends it: title, text and kind, for the start and for the end."""
    settings = settings_for(hook.url)
    sender = Sender(cache=bench.cache, urls=settings.alert_urls)
    wrong(bench, settings, 150, 150)
    assert sender.send_waiting() == 1
    wrong(bench, settings, 10, 10)
    assert sender.send_waiting() == 1
    started, ended = hook.taken
    assert started["title"] == "precompute: queue_backlog has started"
    assert started["message"] == "150 tasks wait.\nSince 2026-03-01 12:00:15 UTC."
    assert started["type"] == "warning"
    assert ended["title"] == "precompute: queue_backlog is over"
    assert ended["message"] == "10 tasks wait.\nIt lasted 45 s."
    assert ended["type"] == "success"
    assert sender.send_waiting() == 0


def test_what_is_not_taken_is_sent_again_later(bench: Bench, hook: Webhook) -> None:
    """After five seconds, then twice as long each time; in order, and each once in the end."""
    settings = settings_for(hook.url)
    sender = Sender(cache=bench.cache, urls=settings.alert_urls)
    wrong(bench, settings, 150, 150, 10, 10)
    hook.status = 500
    rests = []
    for _ in range(4):
        tries, waited = len(hook.tried), 0
        while len(hook.tried) == tries:
            assert sender.send_waiting() == 0
            bench.clock.forward(SECOND)
            waited += 1
        rests.append(waited - 1)
    assert rests == [0, 4, 9, 19]
    hook.status = 200
    bench.clock.forward(LONGEST_REST)
    assert sender.send_waiting() == 2
    assert [message["type"] for message in hook.taken] == ["warning", "success"]


def test_an_address_that_is_away_holds_up_no_other(bench: Bench, hook: Webhook) -> None:
    """Nobody listens at the first; the second gets its message, and the first once it is back."""
    port = free_port()
    settings = settings_for(f"json://127.0.0.1:{port}/hook", hook.url)
    sender = Sender(cache=bench.cache, urls=settings.alert_urls)
    wrong(bench, settings, 150, 150)
    assert sender.send_waiting() == 1
    assert len(hook.taken) == 1
    with webhook(port) as late:
        bench.clock.forward(FIRST_REST)
        assert sender.send_waiting() == 1
        assert len(late.taken) == 1
    assert len(hook.taken) == 1


def test_a_process_that_died_while_sending_is_replaced(bench: Bench, hook: Webhook) -> None:
    """Its message is left alone while it may be on its way, then another sends it; the dead one's word is void."""
    settings = settings_for(hook.url)
    wrong(bench, settings, 150, 150)
    outbox, target = Outbox(bench.cache), target_of(hook.url)
    dead = outbox.claim(target, token="dead")
    assert dead is not None
    sender = Sender(cache=bench.cache, urls=settings.alert_urls)
    assert sender.send_waiting() == 0
    bench.clock.forward(LEASE)
    assert sender.send_waiting() == 1
    wrong(bench, settings, 10, 10)
    outbox.settle(dead, sent=True)
    assert sender.send_waiting() == 1
    assert [message["type"] for message in hook.taken] == ["warning", "success"]


def test_a_restart_tells_nothing_twice(bench: Bench, hook: Webhook) -> None:
    """What stands is with the cache: a process that starts anew goes on where another was."""
    settings = settings_for(hook.url)
    wrong(bench, settings, 150, 150)
    Sender(cache=bench.cache, urls=settings.alert_urls).send_waiting()
    bench.cache = Cache(connect(bench.url), clock=bench.clock)
    assert wrong(bench, settings, 150, 150, 150) == []
    Sender(cache=bench.cache, urls=settings.alert_urls).send_waiting()
    assert len(hook.taken) == 1


def test_old_messages_are_not_sent_and_many_are_not_kept(bench: Bench, hook: Webhook) -> None:
    """A web server that comes back after a day is told what is new, and at most two hundred things."""
    settings = settings_for(hook.url)
    hook.status = 500
    wrong(bench, settings, *[150, 150, 10, 10] * 150)
    assert bench.client.llen(f"pc:alerts:to:{target_of(hook.url)}") == MOST_WAITING
    bench.clock.forward(WORTH_SENDING)
    wrong(bench, settings, 150, 150)
    hook.status = 200
    sender = Sender(cache=bench.cache, urls=settings.alert_urls)
    assert [sender.send_waiting() for _ in range(3)] == [1, 0, 0]


def test_nothing_that_is_stored_or_logged_tells_an_address(
    bench: Bench, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    """URLs hold passwords and tokens: neither our lines nor Apprise's, nor the cache, show them."""
    secret = hook.url.replace("json://", "json://user:geheim@")
    settings = settings_for(secret, f"json://user:geheim@127.0.0.1:{free_port()}/geheim")
    with caplog.at_level(logging.DEBUG):
        wrong(bench, settings, 150, 150)
        Sender(cache=bench.cache, urls=settings.alert_urls).send_waiting()
    assert "alert_sent" in [getattr(record, "action", "") for record in caplog.records]
    assert "alert_not_sent" in [getattr(record, "action", "") for record in caplog.records]
    told = caplog.text + repr([vars(record) for record in caplog.records]) + repr(bench.everything()) + repr(settings)
    assert "geheim" not in told


def test_others_look_when_beat_does_not(bench: Bench, hook: Webhook) -> None:
    """No look for three intervals: the first watchman that notices looks, tells that beat is silent, and sends it."""
    settings = settings_for(hook.url)
    one, other = watchman_on(bench, settings), watchman_on(bench, settings)
    for watchman in (one, other):
        watchman.tick()
    assert looked_at(bench.cache) is None
    for _ in range(3 * MISSED):
        bench.clock.forward(EVERY)
        for watchman in (one, other):
            watchman.tick()
    assert {alert.name for alert in active_alerts(bench.cache)} == {"beat_silent", "workers_missing"}
    assert sorted(message["title"] for message in hook.taken) == [
        "precompute: beat_silent has started",
        "precompute: workers_missing has started",
    ]


def test_while_beat_looks_others_only_send(bench: Bench, hook: Webhook) -> None:
    """Beat's look is recent: a watchman takes nothing on itself, but for the messages."""
    settings = settings_for(hook.url)
    watchman = watchman_on(bench, settings)
    for _ in range(6):
        wrong(bench, settings, 150)
        looked = looked_at(bench.cache)
        bench.clock.forward(EVERY)
        watchman.tick()
        assert looked_at(bench.cache) == looked
    assert [message["title"] for message in hook.taken] == ["precompute: queue_backlog has started"]


def test_without_the_cache_nothing_is_raised(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once in the log, not every five seconds, and again after it was back."""
    settings = settings_for()
    watchman = watchman_on(bench, settings)
    away = Cache(connect(f"redis://127.0.0.1:{free_port()}/0"), clock=bench.clock)
    lost = Watchman(
        Watch(settings=settings, catalogue=CATALOGUE, cache=away, ping=lambda: None),
        sender=Sender(cache=away, urls=()),
    )
    for _ in range(3):
        lost.tick()
    watchman.tick()
    assert [getattr(record, "action", "") for record in caplog.records].count("alerts_away") == 1


def test_a_look_costs_the_same_however_much_is_stored(bench: Bench) -> None:
    """As many commands for an entry as for a hundred, none of which walks over keys."""

    def commands() -> dict[str, int]:
        watch = watchman_on(bench, settings_for())
        bench.client.config_resetstat()
        bench.clock.forward(EVERY)
        watch._watch.look()
        asked = bench.commands()
        return {name: count for name, count in asked.items() if name not in ("config|resetstat", "info", "script|load")}

    bench.have(SOLO, video="v0")
    commands()
    before = commands()
    for number in range(1, 100):
        bench.have(SOLO, video=f"v{number}")
    assert commands() == before
    assert not {"keys", "scan", "hscan", "sscan", "zscan"} & set(before)


def test_the_stored_state_is_readable(bench: Bench, cache_client: "redis.Redis") -> None:
    """For a person with a client at hand."""
    wrong(bench, settings_for(), 150, 150)
    [standing] = json.loads(bench.client.hget("pc:alerts", "standing"))
    assert (standing["name"], standing["told"], standing["value"]) == ("queue_backlog", True, 150)
