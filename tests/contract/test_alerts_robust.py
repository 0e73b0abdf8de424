"""Alerts among broken keys, and messages that are dropped while they are sent."""

from collections.abc import Iterator

import pytest
from bench import Bench
from test_alerts import settings_for, watchman_on, wrong
from webhook import Webhook, webhook

from precompute.outbox import Outbox, target_of

# Apprise's Markdown looks for kinds of pictures the old way.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A web server that takes messages."""
    with webhook() as server:
        yield server


def test_a_watchman_outlives_what_nobody_foresaw(bench: Bench, hook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    """A key of another kind where its messages should lie is told in the log; it sends when that is gone."""
    settings = settings_for(hook.url)
    wrong(bench, settings, 150, 150)
    waiting = f"pc:alerts:to:{target_of(hook.url)}"
    bench.client.rename(waiting, "elsewhere")
    bench.client.set(waiting, "no list")
    watchman = watchman_on(bench, settings)
    watchman.tick()
    assert "alerts_failed" in [getattr(record, "action", "") for record in caplog.records]
    bench.client.rename("elsewhere", waiting)
    watchman.tick()
    assert len(hook.taken) == 1


def test_a_message_dropped_while_it_is_sent_takes_no_other_with_it(bench: Bench, hook: Webhook) -> None:
    """As the oldest of too many it has left the list: what is first there now was not sent."""
    wrong(bench, settings_for(hook.url), 150, 150, 10, 10)
    target = target_of(hook.url)
    outbox = Outbox(bench.cache)
    first = outbox.claim(target, token="a")
    assert first is not None
    bench.client.lpop(f"pc:alerts:to:{target}")
    outbox.settle(first, sent=True)
    second = outbox.claim(target, token="b")
    assert second is not None
    assert second.message != first.message
    outbox.settle(second, sent=True)
    assert outbox.claim(target, token="c") is None
