"""Callbacks among broken records, broken tries, silent receivers and too many of them."""

from queue import SimpleQueue

import orjson
import pytest
from bench import CUTS, RAW, SOLO, Bench, key
from callback_bench import SECRET, due, end, going_round, sending, trigger
from callback_receiver import LONGEST_WAIT_S, Mailbox, open_mailbox

from precompute.callbacks import FIRST_LOOK, Callback, Callbacks
from precompute.calling_back import NO_ROOM
from workers.callbacks import Answer, Outcome, Sender
from workers.postman import PAUSES, Postman
from workers.postman_hosts import MOST_EACH, Hosts

CTR_LIKE = {"url": "http://127.0.0.1/", "event": "e", "ref": "video:v1", "keys": [], "at": 0}


def test_what_cannot_be_read_is_dropped_alone(
    bench: Bench, callbacks: Callbacks, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A record of another make, or a broken one, holds up neither the postman nor those who end tasks."""
    for one, record in (("cb_keys", CTR_LIKE | {"keys": ["not-a-key"]}), ("cb_none", {}), ("cb_list", [])):
        bench.client.hset(f"pc:cb:{one}", mapping={"c": orjson.dumps(record), "tries": 0, "of": "video:v1"})
        bench.client.sadd("pc:cb:of:video:v1", one)
        bench.client.zadd("pc:cb:due", {one: 0})
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    end(bench, callbacks, SOLO)
    with sending(callbacks):
        assert orjson.loads(mailbox.next().body)["status"] == "ready"
    assert "Callback cannot be read" in caplog.text
    assert not bench.client.exists("pc:cb:cb_keys", "pc:cb:cb_none", "pc:cb:cb_list")


def test_a_postman_outlives_what_nobody_foresaw(
    bench: Bench, callbacks: Callbacks, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of another kind where the callbacks should lie: it pauses, and sends when they are gone."""
    monkeypatch.setattr("workers.postman.AWAY_S", 0.01)
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    end(bench, callbacks, SOLO)
    bench.client.rename("pc:cb:due", "elsewhere")
    bench.client.set("pc:cb:due", "no sorted set")
    with sending(callbacks) as at_work:
        while not bench.commands().get("zrangebyscore"):
            pass
        bench.client.rename("elsewhere", "pc:cb:due")
        assert mailbox.next().path == "/done"
        assert at_work.counted() == Outcome.DELIVERED


def test_a_try_that_breaks_counts(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """Else it would come back for ever, once a claim."""

    class Broken(Sender):
        def send(self, callback: Callback) -> Answer:
            raise RuntimeError("nobody foresaw it")

    counted: SimpleQueue[str] = SimpleQueue()
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    end(bench, callbacks, SOLO)
    with going_round(Postman(callbacks, Broken(secrets=[SECRET]), count=counted.put)):
        assert counted.get(timeout=LONGEST_WAIT_S) == Outcome.FAILED
    bench.clock.now += PAUSES[0] * 2
    [again] = due(callbacks)
    assert again.tries == 1


def test_without_room_a_caller_is_told(
    bench: Bench, callbacks: Callbacks, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks are not to be refused for it, and nobody fills the broker's server with addresses."""
    monkeypatch.setattr("precompute.calling_back.MOST_KEPT", 1)
    assert trigger(bench, callbacks, SOLO, url=mailbox.url()).warnings == ()
    refused = trigger(bench, callbacks, SOLO, url=mailbox.url(), video="v2")
    assert (refused.callback_id, refused.warnings) == ("", (NO_ROOM,))
    assert refused.queued
    assert trigger(bench, callbacks, SOLO, video="v3").warnings == ()
    assert callbacks.waiting() == 1


def test_a_silent_receiver_holds_up_no_other(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """It is sent as many at once as one gets; the rest comes back later, and counts for no try."""
    with open_mailbox() as silent:
        for number in range(3 * MOST_EACH):
            silent.answers.put(0)
            trigger(bench, callbacks, SOLO, url=silent.url(), video=f"v{number}")
        for number in range(3 * MOST_EACH):
            bench.compute(SOLO, video=f"v{number}")
        bench.clock.now += FIRST_LOOK
        callbacks.notice([key(SOLO, f"v{number}").ref for number in range(3 * MOST_EACH)])
        trigger(bench, callbacks, CUTS, url=mailbox.url())
        with sending(callbacks):
            end(bench, callbacks, RAW)
            end(bench, callbacks, CUTS)
            assert mailbox.next().path == "/done"
            assert silent.letters.qsize() <= MOST_EACH
            silent.over.set()


def test_a_host_that_takes_them_has_room_again() -> None:
    """Whoever is quick gets any number, one after another; whoever is not is left alone until one was taken."""
    hosts = Hosts()
    assert [hosts.enter("a") for _ in range(MOST_EACH + 1)] == [True] * MOST_EACH + [False]
    assert hosts.enter("b")
    hosts.leave("a", seconds=9)
    assert hosts.enter("a")
    assert not hosts.enter("a")
    hosts.leave("a", seconds=0.01)
    assert hosts.enter("a")
