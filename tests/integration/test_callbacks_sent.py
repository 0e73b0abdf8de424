"""Callbacks from a real worker to a real web server: one worker for all tests."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from callback_receiver import LONGEST_WAIT_S, Mailbox, open_mailbox
from local_cluster import LocalWorker
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port

from precompute.addresses import networks
from precompute.batch import Trigger
from precompute.events import CampaignCreated
from precompute.precomputer import Precomputer
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings
from workers.wiring import precomputer

ALLOWED = "127.0.0.1/32"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAGE = (Path(__file__).parents[2] / "docs" / "callbacks.md").read_text()
RECIPE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Of the worker, and of the service in this process."""
    folder = tmp_path_factory.mktemp("callbacks")
    (folder / "media").mkdir()
    (folder / "media" / "broken.mp4").write_bytes(b"no video at all" * 100)
    with ValkeyServer(folder / "cache") as cache, ValkeyServer(folder / "broker") as broker:
        yield Settings(
            redis_url=cache.url,
            broker_url=broker.url,
            data_dir=folder / "data",
            media_root=folder / "media",
            allow_addresses=networks(ALLOWED),
            callback_secrets=(SECRET,),
        )


@pytest.fixture(scope="module")
def worker(settings: Settings) -> Iterator[LocalWorker]:
    """A worker that sends callbacks."""
    environ = {
        "REDIS_URL": settings.redis_url,
        "BROKER_URL": settings.broker,
        "PRECOMPUTE_DATA_DIR": str(settings.data_dir),
        "PRECOMPUTE_MEDIA_ROOT": str(settings.media_root),
        "PRECOMPUTE_ALLOW_ADDRESSES": ALLOWED,
        "PRECOMPUTE_CALLBACK_SECRET": SECRET,
    }
    queues = tuple(queue.label for queue in IN_DRAIN_ORDER)
    log = settings.media_root.parent / "worker.log"
    worker = LocalWorker(name="one", queues=queues, environ=environ, log=log, processes=1)
    try:
        worker.ready()
        yield worker
    finally:
        worker.teardown()


@pytest.fixture
def service(settings: Settings, worker: LocalWorker) -> Precomputer:
    """Takes triggers."""
    return precomputer(settings)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Of the caller."""
    with open_mailbox() as mailbox:
        yield mailbox


def until(there: Callable[[], bool], worker: LocalWorker) -> None:
    """Hold on until it is so."""
    try:
        wait_for_callable("waiting for a callback", there, timeout=LONGEST_WAIT_S)
    except TimeoutError:
        raise AssertionError(worker.logs()) from None


def test_every_trigger_is_told_of_its_campaign(service: Precomputer, mailbox: Mailbox, worker: LocalWorker) -> None:
    """Once each: those that join running tasks, and find all there; and again after trouble. The recipe knows them."""
    mailbox.answers.put(500)
    for path in ("/one", "/two"):
        service.on_campaign_create("c1", "u1", campaign_data={"budget": 100}, callback_url=mailbox.url(path))
    letters = [mailbox.next() for _ in range(3)]
    about = {"subject_id": "c1", "user_id": "u1", "data": {"budget": 100}}
    service.on_batch([Trigger(kind=CampaignCreated, callback_url=mailbox.url("/three"), **about)])
    letters.append(mailbox.next())

    assert sorted({letter.path for letter in letters}) == ["/one", "/three", "/two"]
    assert len({letter.headers["webhook-id"] for letter in letters}) == 3
    names: dict[str, Callable[..., bool]] = {}
    exec(RECIPE[0], names)  # noqa: S102 - the very lines that readers copy
    for letter in letters:
        assert names["is_ours"](letter.headers, letter.body, SECRET)
        assert not names["is_ours"](letter.headers, letter.body.replace(b"ready", b"Ready"), SECRET)
        told = orjson.loads(letter.body)
        assert (told["subject"], told["subject_id"], told["status"]) == ("campaign", "c1", "ready")
        assert set(told["tasks"]) == {"variant_generation", "variant_scoring", "roas_prediction"}
    until(lambda: service.callbacks is not None and service.callbacks.waiting() == 0, worker)
    assert mailbox.empty
    counted = {"delivered": 3, "failed": 1, "refused": 0, "given_up": 0}
    until(lambda: service.measures().callbacks == counted, worker)


def test_a_redirect_leads_nowhere(service: Precomputer, mailbox: Mailbox, worker: LocalWorker) -> None:
    """Least of all to a private address; what is told of a broken video is why it is."""
    with open_mailbox() as elsewhere:
        mailbox.leads_to = elsewhere.url().replace("127.0.0.1", "127.0.0.2")
        for _ in range(2):
            mailbox.answers.put(307)
        service.on_video_upload("broken", "u1", callback_url=mailbox.url())
        letters = [mailbox.next(), mailbox.next()]
        assert elsewhere.empty
    told = orjson.loads(letters[0].body)
    assert told["status"] == "failed"
    assert told["tasks"]["scene_detection"]["error"]["code"] == "not_a_video"
    assert letters[0].body == letters[1].body


def test_a_worker_that_dies_loses_no_callback(service: Precomputer, worker: LocalWorker) -> None:
    """Nobody listens yet when it is sent first; the next worker finds it, and the receiver there."""
    port = free_port()
    before = worker.logs().count("callback_failed")
    service.on_campaign_create("c2", "u1", callback_url=f"http://127.0.0.1:{port}/late")
    until(lambda: worker.logs().count("callback_failed") > before, worker)
    worker.kill("SIGKILL")
    with open_mailbox(port) as mailbox:
        worker.restart()
        worker.ready()
        assert orjson.loads(mailbox.next().body)["subject_id"] == "c2"
