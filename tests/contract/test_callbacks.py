"""Callers are told once when a subject is done, and again until they have heard it."""

from datetime import timedelta

import orjson
import redis
from bench import CUTS, RAW, SOLO, Bench, key
from callback_bench import due, end, sending, trigger
from callback_receiver import Mailbox

from precompute.callbacks import CLAIMED_FOR, FIRST_LOOK, LOOK_AGAIN, Callbacks
from precompute.calling_back import NOT_CALLED
from workers.callbacks import Outcome
from workers.postman import PAUSES


def test_the_last_task_to_end_has_the_caller_told(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """Not one before; a signed letter with every task of the trigger, and nobody else's."""
    receipt = trigger(bench, callbacks, CUTS, SOLO, url=mailbox.url("/a?b=c"))
    end(bench, callbacks, SOLO)
    end(bench, callbacks, RAW)
    assert due(callbacks) == []

    with sending(callbacks) as at_work:
        end(bench, callbacks, CUTS)
        letter = mailbox.next()
        assert at_work.counted() == Outcome.DELIVERED
    told = orjson.loads(letter.body)
    assert letter.path == "/a?b=c"
    assert letter.headers["webhook-id"] == receipt.callback_id == told["id"] != ""
    assert letter.headers["content-type"] == "application/json"
    assert (told["event"], told["subject"], told["subject_id"], told["status"]) == (
        "video_uploaded",
        "video",
        "v1",
        "ready",
    )
    assert {name: (task["state"], task["cache_key"]) for name, task in told["tasks"].items()} == {
        "cuts": ("ready", "cuts:video:v1"),
        "solo": ("ready", "solo:video:v1"),
    }
    assert mailbox.empty
    assert callbacks.waiting() == 0
    assert not list(bench.client.scan_iter("pc:cb:*"))


def test_failures_are_told_with_their_reason(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """What failed for its input's sake too."""
    trigger(bench, callbacks, CUTS, SOLO, url=mailbox.url())
    end(bench, callbacks, SOLO)
    with sending(callbacks):
        end(bench, callbacks, RAW, failing=True)
        told = orjson.loads(mailbox.next().body)
    assert told["status"] == "failed"
    assert told["tasks"]["cuts"]["error"] == {"code": "not_a_video", "message": "that is not a video"}
    assert told["tasks"]["solo"]["error"] is None


def test_what_is_there_already_is_told_at_once(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """No task will ever end for it."""
    bench.have(SOLO)
    with sending(callbacks):
        trigger(bench, callbacks, SOLO, url=mailbox.url())
        assert orjson.loads(mailbox.next().body)["status"] == "ready"


def test_every_trigger_has_its_own_letter(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """Those that joined a running task too; each address once."""
    ids = {path: trigger(bench, callbacks, SOLO, url=mailbox.url(path)).callback_id for path in ("/one", "/two")}
    with sending(callbacks) as at_work:
        end(bench, callbacks, SOLO)
        callbacks.notice([key(SOLO).ref])
        letters = [mailbox.next(), mailbox.next()]
        assert [at_work.counted(), at_work.counted()] == ["delivered", "delivered"]
    assert {letter.path: letter.headers["webhook-id"] for letter in letters} == ids
    assert mailbox.empty


def test_a_task_that_nobody_ends_is_noticed(bench: Bench, callbacks: Callbacks) -> None:
    """Its worker died before it said so: looked at soon, then ever more rarely, and no more often than due."""
    trigger(bench, callbacks, SOLO, url="http://example.com/")
    bench.clock.forward(FIRST_LOOK)
    [looked] = callbacks.claim(most=10)
    assert looked.waits
    callbacks.look_later([looked])
    assert callbacks.ripen([looked]) == 0

    bench.compute(SOLO)
    assert callbacks.claim(most=10) == []
    bench.clock.forward(LOOK_AGAIN)
    [looked] = callbacks.claim(most=10)
    callbacks.look_later([looked])
    assert callbacks.ripen([looked]) == 1
    assert len(due(callbacks)) == 1


def test_only_one_sends_it(bench: Bench, callbacks: Callbacks) -> None:
    """Others may when it has not been settled for a minute: its worker died, and the letter is the same."""
    bench.have(SOLO)
    trigger(bench, callbacks, SOLO, url="http://example.com/")
    [first] = due(callbacks)
    callbacks.notice([first.ref])
    assert due(callbacks) == []
    callbacks.freeze(first, body=b"said")

    bench.clock.forward(CLAIMED_FOR)
    [second] = due(callbacks)
    assert (second.id, second.body) == (first.id, b"said")


def test_a_receiver_in_trouble_is_told_again(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """After the pause, with the same id and body, and signed anew."""
    bench.have(SOLO)
    for status in (500, 302):
        mailbox.answers.put(status)
    mailbox.leads_to = mailbox.url("/elsewhere")
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    letters = []
    with sending(callbacks) as at_work:
        for pause in (timedelta(0), PAUSES[0] * 1.2, PAUSES[1] * 1.2):
            bench.clock.forward(pause)
            letters.append(mailbox.next())
            last = at_work.counted()
    assert last == Outcome.DELIVERED
    assert {(letter.path, letter.body, letter.headers["webhook-id"]) for letter in letters} == {
        ("/done", letters[0].body, letters[0].headers["webhook-id"])
    }


def test_a_receiver_that_stays_away_is_given_up(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """After the last pause, and it is counted."""
    bench.have(SOLO)
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    counted = []
    with sending(callbacks) as at_work:
        for pause in (timedelta(0), *PAUSES):
            mailbox.answers.put(503)
            bench.clock.forward(pause * 1.2)
            mailbox.next()
            counted.append(at_work.counted())
        counted.append(at_work.counted())
    assert counted == ["failed"] * len(PAUSES) + ["given_up", "failed"]
    assert callbacks.waiting() == 0


def test_who_wants_no_more_is_not_told_again(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """410 says so."""
    bench.have(SOLO)
    mailbox.answers.put(410)
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    with sending(callbacks) as at_work:
        assert [at_work.counted(), at_work.counted()] == ["given_up", "refused"]


def test_a_private_address_is_not_told(bench: Bench, callbacks: Callbacks, mailbox: Mailbox) -> None:
    """It is not connected to, however it came past the door."""
    bench.have(SOLO)
    trigger(bench, callbacks, SOLO, url=mailbox.url())
    with sending(callbacks, allowed=False) as at_work:
        assert [at_work.counted(), at_work.counted()] == ["given_up", "refused"]
    assert mailbox.empty


def test_without_a_secret_nobody_is_called(bench: Bench) -> None:
    """The trigger is taken all the same, and its answer says so; without a callback it says nothing."""
    assert trigger(bench, None, SOLO, url="http://example.com/").warnings == (NOT_CALLED,)
    assert trigger(bench, None, SOLO).warnings == ()


def test_callbacks_outlive_a_restart(bench: Bench, callbacks: Callbacks, cache_client: "redis.Redis") -> None:
    """Everything that is known of them is on the server: another process goes on."""
    trigger(bench, callbacks, SOLO, url="http://example.com/")
    another = Callbacks(cache_client, ledger=bench.ledger, clock=bench.clock)
    end(bench, another, SOLO)
    [found] = due(another)
    assert (found.url, found.keys, found.asked_at) == ("http://example.com/", (key(SOLO),), bench.clock())
