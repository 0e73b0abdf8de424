"""What is computed ahead: of what is likely, what is not there, is worth it and has room."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from ahead import BILLS, BOARD, HOUR, RANKS, ROWS, TEXTS, Ahead, key, predicted
from bench import Bench

from precompute.admission import admit
from precompute.anticipation import CAP_WITHIN, PATIENCE, WANTED_FOR
from precompute.entry import State
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.ledger import Beginning
from precompute.needs import Need
from precompute.planner import Cause, plan
from precompute.queues import Queue
from precompute.task_type import TaskType
from precompute.usefulness import count_ahead, experience, forget_half


@pytest.fixture
def ahead(bench: Bench) -> Ahead:
    """On an empty cache."""
    return Ahead(bench)


def test_what_a_likely_action_reads_is_queued_as_predicted(ahead: Ahead) -> None:
    """On the queue between what people asked for and what only keeps results fresh; unlikely actions have nothing."""
    assert ahead.prepare(will={"look": 0.6, "pay": 0.3}) == ["board:u1", "bills:u1"]
    assert {sent.cause for sent in ahead.bench.dispatch.sent} == {"prediction"}
    assert {sent.queue for sent in ahead.bench.dispatch.sent} == {"general"}


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.5])
def test_half_is_not_enough(ahead: Ahead, probability: float) -> None:
    """Only actions above 0.5 have been queued, says the contract."""
    assert ahead.prepare(will={"look": probability}) == []


def read_ahead(ahead: Ahead, row: TaskType, *, told: float, made: int, used: int) -> None:
    """So many results of a type were computed ahead at that probability, and so many of them read."""
    count_ahead(ahead.bench.cache, [(row, told)] * made)
    counts = {f"used:{row.name}:prediction": used, f"unused:{row.name}:prediction": made - used}
    ahead.bench.client.hset("pc:m", mapping=counts)


def test_what_turned_out_to_be_read_by_later_actions_is_prepared_sooner(ahead: Ahead) -> None:
    """Nine of ten were read of what was told with 0.6: of what comes next with 0.4 seven are, and with 0.2 four."""
    read_ahead(ahead, BILLS, told=0.6, made=1000, used=900)
    assert ahead.prepare(will={"pay": 0.2}) == []
    assert ahead.prepare(will={"pay": 0.4}) == ["bills:u1"]


def test_who_has_just_logged_in_was_told_what_is_prepared(ahead: Ahead) -> None:
    """Only actions above 0.5, says the contract, whatever is known of later ones."""
    read_ahead(ahead, BILLS, told=0.6, made=1000, used=900)
    ahead.of().prepare({"u1": replace(predicted({"pay": 0.4}), at_login=True)})
    assert ahead.bench.dispatch.sent == []
    ahead.of().prepare({"u1": replace(predicted({"pay": 0.6}), at_login=True)})
    assert [sent.key for sent in ahead.bench.dispatch.sent] == [key(BILLS)]


def test_each_result_that_is_computed_ahead_is_counted_with_what_was_told_of_it(ahead: Ahead) -> None:
    """What was on its way already is not."""
    ahead.prepare(will={"pay": 0.6})
    ahead.prepare(will={"look": 0.7})
    counters = ahead.bench.client.hgetall("pc:m")
    told = {name.decode(): int(count) for name, count in counters.items() if name.startswith(b"ahead")}
    assert told == {"ahead:bills": 1, "ahead_ppm:bills": 600_000, "ahead:board": 1, "ahead_ppm:board": 700_000}


def test_nights_leave_what_is_known_of_the_last_results(ahead: Ahead) -> None:
    """Share read is forgotten by half each night; how many turns a result gets is kept of two hundred."""
    read_ahead(ahead, BILLS, told=0.6, made=400, used=360)
    before = experience(ahead.bench.cache, ROWS).turns["bills"]
    for _ in range(10):
        forget_half(ahead.bench.cache, ROWS)
    assert experience(ahead.bench.cache, ROWS).turns["bills"] == pytest.approx(before, abs=0.1)
    assert experience(ahead.bench.cache, ROWS).read_shares["bills"] == pytest.approx(0.75, abs=0.02)
    # Two hundred new ones, of which no more were read than promised, weigh as much as those.
    ahead.bench.client.hincrby("pc:m", "used:bills:prediction", 120)
    ahead.bench.client.hincrby("pc:m", "unused:bills:prediction", 80)
    count_ahead(ahead.bench.cache, [(BILLS, 0.6)] * 200)
    assert experience(ahead.bench.cache, ROWS).turns["bills"] < before - 0.5


def test_an_action_that_reads_nothing_queues_nothing(ahead: Ahead) -> None:
    """Nothing is said of it in the catalogue."""
    assert ahead.prepare(will={"logout": 0.99}) == []


def test_what_is_fresh_or_on_its_way_is_not_queued_again(ahead: Ahead) -> None:
    """Stale results are."""
    assert ahead.prepare(will={"pay": 0.9}) == ["bills:u1"]
    assert ahead.prepare(will={"look": 0.9}) == ["board:u1"]
    ahead.compute(BILLS)
    assert ahead.prepare(will={"look": 0.9}) == []
    ahead.compute(BOARD)
    ahead.bench.clock.forward(HOUR)
    assert ahead.prepare(will={"look": 0.9}) == ["board:u1", "bills:u1"]


def test_what_is_fresh_and_will_be_read_is_kept_so(ahead: Ahead) -> None:
    """It is wanted for an hour; what keeps results fresh looks at that."""
    ahead.prepare(will={"pay": 0.9})
    ahead.compute(BILLS)
    ahead.bench.clock.forward(timedelta(minutes=5))
    ahead.prepare(will={"pay": 0.9})
    wanted = int(ahead.bench.client.hget(f"pc:e:{key(BILLS)}", "wu"))
    assert wanted == ahead.bench.cache.now_ms() + WANTED_FOR / timedelta(milliseconds=1)


def test_what_is_stale_and_may_do_yet_is_looked_at_first(ahead: Ahead) -> None:
    """Where it is known what it was computed from, and as long as it is served; then it is computed."""
    ahead.prepare(will={"pay": 0.9})
    ahead.compute(BILLS, source="token")
    ahead.bench.clock.forward(HOUR)
    assert ahead.prepare(will={"pay": 0.9}) == []
    [asked] = ahead.bench.dispatch.revalidations
    assert asked.keys == [key(BILLS)]
    ahead.bench.clock.forward(BILLS.grace)
    assert ahead.prepare(will={"pay": 0.9}) == ["bills:u1"]


def test_what_nobody_read_lately_is_refreshed_again_when_it_is_expected_to_be_read(ahead: Ahead) -> None:
    """A parked entry is due again when it was."""
    ahead.prepare(will={"pay": 0.9})
    ahead.compute(BILLS)
    client, at = ahead.bench.client, str(key(BILLS))
    due = client.zscore("pc:due", at)
    client.zrem("pc:due", at)
    client.hset(f"pc:e:{at}", "pk", 1)
    ahead.prepare(will={"pay": 0.9})
    assert client.zscore("pc:due", at) == due
    assert not client.hexists(f"pc:e:{at}", "pk")


def test_of_campaigns_and_videos_it_is_the_one_brought_last(ahead: Ahead) -> None:
    """Computed from what its trigger brought, inputs first; queues that are less urgent stay so."""
    brought = [
        CampaignCreated(subject_id="c1", user_id="u1", data={"budget": 1}, fingerprint="f1"),
        CampaignCreated(subject_id="c2", user_id="u1", data={"budget": 2}, fingerprint="f1"),
        VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1"),
        CampaignCreated(subject_id="c3", user_id="u2", fingerprint="f1"),
    ]
    ahead.bench.brought(brought)
    assert ahead.prepare(will={"write": 0.9}) == ["texts:c2"]
    assert ahead.bench.dispatch.sent[-1].event == brought[1].to_json()
    assert ahead.record(RANKS, "c2").state is State.QUEUED
    assert ahead.prepare(will={"watch": 0.9}) == ["clip:v1"]
    assert ahead.bench.dispatch.sent[-1].queue == "background"


def test_of_whoever_brought_nothing_there_is_nothing_to_compute(ahead: Ahead) -> None:
    """Also when the server evicted what they brought."""
    assert ahead.prepare(will={"write": 0.9}) == []
    ahead.bench.brought([CampaignCreated(subject_id="c1", user_id="u1")])
    ahead.bench.client.delete("pc:u:u1")
    assert ahead.prepare(will={"write": 0.9}) == []


def test_a_prediction_gives_way_to_a_newer_upload(ahead: Ahead) -> None:
    """What it knew of is not computed in the place of what came meanwhile."""
    older = CampaignCreated(subject_id="c1", user_id="u1", fingerprint="f0")
    ahead.bench.brought([older])
    newer = replace(older, fingerprint="f1")
    admit(plan(newer, catalogue=ROWS, rows=[TEXTS]), ledger=ahead.bench.ledger, dispatch=ahead.bench.dispatch)
    started = ahead.record(TEXTS, "c1").task_id
    stale = plan(older, catalogue=ROWS, rows=[TEXTS], cause=Cause.PREDICTION)
    admit(stale, ledger=ahead.bench.ledger, dispatch=ahead.bench.dispatch)
    assert ahead.record(TEXTS, "c1").task_id == started


def test_an_event_does_not_wait_behind_other_predictions(ahead: Ahead) -> None:
    """It takes the place of what was predicted and has not begun, on its own queue; what runs it joins."""
    ahead.prepare(will={"look": 0.9})
    running = ahead.record(BILLS).task_id
    ahead.begin(BILLS)
    login = plan(UserLoggedIn(subject_id="u1", user_id="u1"), catalogue=ROWS, rows=[BOARD, BILLS])
    receipt = admit(login, ledger=ahead.bench.ledger, dispatch=ahead.bench.dispatch)
    assert receipt.queued[BILLS.name] == running
    assert [(sent.key.task_type, sent.queue) for sent in ahead.bench.dispatch.sent[2:]] == [("board", "login")]


def test_what_has_not_begun_soon_is_dropped(ahead: Ahead) -> None:
    """Its reader has come and gone; and what is predicted then is asked for anew."""
    ahead.prepare(will={"pay": 0.9})
    ahead.bench.clock.forward(PATIENCE)
    assert ahead.begin(BILLS) is not Beginning.RUN
    assert ahead.prepare(will={"pay": 0.9}) == ["bills:u1"]
    assert ahead.begin(BILLS) is Beginning.RUN


def test_the_backlog_raises_the_threshold_and_then_closes_the_door(ahead: Ahead) -> None:
    """With half of the bound waiting 0.75 is asked for; with all of it nothing is probable enough."""
    ahead.fill(50)
    assert ahead.prepare(will={"pay": 0.75}) == []
    assert ahead.prepare(will={"pay": 0.76}) == ["bills:u1"]
    ahead.fill(100)
    assert ahead.prepare("u2", will={"pay": 1.0}) == []


def test_what_waits_behind_predicted_work_does_not_count(ahead: Ahead) -> None:
    """Refreshes and batches delay nobody who comes before them."""
    ahead.fill(200, Queue.BACKGROUND)
    assert ahead.prepare(will={"pay": 0.6}) == ["bills:u1"]


def test_no_more_is_queued_than_there_is_room_for(ahead: Ahead) -> None:
    """However many users come at once."""
    ahead.fill(5)
    users = [f"u{number}" for number in range(20)]
    assert len(ahead.prepare(*users, will={"pay": 0.99}, most_waiting=10)) == 5


def test_one_process_knows_at_once_what_it_queued(ahead: Ahead) -> None:
    """Though it looks at the queues only now and then."""
    anticipation = ahead.of(most_waiting=3)
    for user in "abcdef":
        anticipation.prepare({user: predicted({"pay": 1.0})})
    assert ahead.bench.dispatch.names == ["bills"] * 3


def test_each_user_has_a_cap(ahead: Ahead) -> None:
    """Within an hour from the first; what is there or on its way does not count, and other users have their own."""
    assert ahead.prepare("u1", "u2", will={"look": 0.9}, predictions_per_user=1) == ["board:u1", "board:u2"]
    assert ahead.prepare("u1", will={"look": 0.9}, predictions_per_user=1) == []
    assert 0 < ahead.bench.client.pttl("pc:ahead:u1") <= CAP_WITHIN / timedelta(milliseconds=1)
    ahead.bench.client.delete("pc:ahead:u1")
    assert ahead.prepare("u1", will={"look": 0.9}, predictions_per_user=1) == ["bills:u1"]


def test_within_the_cap_what_saves_most_waiting_comes_first(ahead: Ahead) -> None:
    """By the measured time of computing each."""
    ahead.bench.client.hset("pc:m", mapping={"runs:board": 10, "ms:board": 100, "runs:bills": 10, "ms:bills": 9000})
    assert ahead.prepare(will={"look": 0.9}, predictions_per_user=1) == ["bills:u1"]


def test_a_type_that_is_seldom_read_needs_a_better_chance(ahead: Ahead) -> None:
    """Others keep theirs."""
    ahead.bench.client.hset("pc:m", mapping={"made:bills:prediction": 100, "unused:bills:prediction": 100})
    assert ahead.prepare(will={"look": 0.8}) == ["board:u1"]
    assert ahead.prepare("u2", will={"look": 0.9}) == ["board:u2", "bills:u2"]


def test_without_a_broker_nothing_is_left_behind(ahead: Ahead, cache_client: "redis.Redis") -> None:
    """The next prediction starts it."""
    ahead.bench.dispatch.broken = True
    with pytest.raises(Exception, match="broker"):
        ahead.prepare(will={"pay": 0.9})
    assert ahead.record(BILLS).state is State.MISSING
    ahead.bench.dispatch.broken = False
    assert ahead.prepare(will={"pay": 0.9}) == ["bills:u1"]


def test_a_result_that_several_need_counts_as_its_likeliest_reader_does(ahead: Ahead) -> None:
    """Whoever is named last."""
    event = CampaignCreated(subject_id="c1", user_id="u1")
    likely = Need(user_id="u1", row=TEXTS, event=event, probability=0.9)
    hardly = Need(user_id="u2", row=TEXTS, event=event, probability=0.6)
    ahead.fill(50)
    assert ahead.of().fulfil([likely, hardly]) == 1


def test_what_will_hardly_be_read_is_not_kept_fresh_either(ahead: Ahead) -> None:
    """Being wanted has a result refreshed that nobody has read; that takes more than a need that might come up."""
    ahead.prepare(will={"pay": 0.9})
    ahead.compute(BILLS)
    event = UserLoggedIn(subject_id="u1", user_id="u1")
    for probability, wanted in ((0.5, False), (0.6, True)):
        need = Need(user_id="u1", row=BILLS, event=event, probability=probability)
        ahead.bench.client.hdel(f"pc:e:{need.key}", "wu")
        assert ahead.of().fulfil([need]) == 0
        assert ahead.bench.client.hexists(f"pc:e:{need.key}", "wu") is wanted
