"""A trigger for a video, six tasks, beside six bare ``apply_async``: milliseconds, both to the same broker.

python benchmarks/trigger.py [--rounds 10] [--each 50] [--json]

The rival publishes six messages as Celery's own page shows it, on a connection that is kept, and knows nothing
afterwards. Ours is measured twice, each time with a video that nobody has seen: what the API's view calls (checked,
planned, admitted in the cache, published, recorded), and the whole POST through the WSGI app of the service. Each kind
comes in bursts of its own, one trigger upon the other, so that what the service does by itself meanwhile (it predicts
what the users do next) is paid by ours alone; between two bursts it comes to rest. Then once more each by itself.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from celery import Celery
from figures import Figure, told
from servers import AS_DEPLOYED, ValkeyServer

from api.app import create_app
from precompute.events import VideoUploaded
from precompute.precomputer import Precomputer
from precompute.settings import Settings
from workers.wiring import precomputer

TARGET = "<= 1.2"
PATH = "/api/precompute/video"
REST_S = 0.3
"""Between bursts, and before each trigger by itself: what follows on a trigger is done by then."""
WARM_UP = 20
"""Of each kind, before anything is timed."""


def bare(broker: str, *, tasks: int) -> Callable[[int], None]:
    """Publishes so many messages by a Celery app of its own, for a video of that number."""
    app = Celery("bare", broker=broker, set_as_current=False)
    app.conf.update(task_ignore_result=True, task_default_queue="bare")

    @app.task(name="analysis")  # type: ignore[untyped-decorator]
    def analysis(*, video_id: str, url: str) -> None:
        """Nothing; nobody runs it."""

    def trigger(number: int) -> None:
        for _ in range(tasks):
            analysis.apply_async(kwargs={"video_id": f"v{number}", "url": url_of(number)})

    return trigger


def url_of(number: int) -> str:
    """Where the video of that number lies; nobody goes there."""
    return f"https://videos.example.com/v{number}.mp4"


def of_engine(engine: Precomputer) -> Callable[[int], None]:
    """What the view calls, with what the schema has checked."""

    def trigger(number: int) -> None:
        receipt = engine.on_video_upload(f"v{number}", f"u{number % 100}", video_data={"url": url_of(number)})
        if receipt.ready:
            raise SystemExit("nothing was started")

    return trigger


def of_service(app: Callable[..., Any]) -> Callable[[int], None]:
    """A whole request, as a server hands it to the WSGI app."""

    def trigger(number: int) -> None:
        body = {"video_id": f"v{number}", "user_id": f"u{number % 100}", "video_data": {"url": url_of(number)}}
        answers: list[str] = []
        chunks = app(_environ(orjson.dumps(body)), lambda status, headers, *rest: answers.append(status))
        said = b"".join(chunks)
        if not answers[0].startswith("202"):
            raise SystemExit(f"{answers[0]}: {said.decode()}")

    return trigger


def _environ(body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8003",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8003",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def seconds(trigger: Callable[[int], None], numbers: Iterator[int], *, each: int) -> list[float]:
    """How long each of some triggers took, one upon the other, after a rest."""
    time.sleep(REST_S)
    took = []
    for number in (next(numbers) for _ in range(each)):
        began = time.perf_counter()
        trigger(number)
        took.append(time.perf_counter() - began)
    return took


def measured(
    triggers: dict[str, Callable[[int], None]], numbers: Iterator[int], *, rounds: int, each: int
) -> dict[str, float]:
    """The mean of a burst of each kind in milliseconds, taken in turns; the median of the rounds."""
    for trigger in triggers.values():
        seconds(trigger, numbers, each=WARM_UP)
    took: dict[str, list[float]] = {name: [] for name in triggers}
    for _ in range(rounds):
        for name, trigger in triggers.items():
            took[name].append(statistics.mean(seconds(trigger, numbers, each=each)))
    return {name: 1000 * statistics.median(times) for name, times in took.items()}


def _figure(what: str, took: dict[str, float], name: str, **more: Any) -> Figure:
    return Figure(what=what, ours=took[name], rival=took["rival"], unit="ms", **more)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache,
            ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        ):
            places = {"redis_url": cache.url, "broker_url": broker.url, "data_dir": folder}
            settings = Settings(**places, most_waiting_events=10**7)
            engine = precomputer(settings)
            rows = engine.catalogue.started_by(VideoUploaded)
            triggers = {
                "rival": bare(broker.url, tasks=len(rows)),
                "engine": of_engine(engine),
                "service": of_service(create_app(engine, settings)),
            }
            numbers = count()
            burst = measured(triggers, numbers, rounds=options.rounds, each=options.each)
            alone = measured(triggers, numbers, rounds=3 * options.rounds, each=1)
    note = f"{len(rows)} results of one video against as many bare apply_async, in bursts of {options.each}."
    within = (
        f"Of it {burst['engine']:.1f} ms are what the view calls; {burst['service'] - burst['engine']:.1f} ms are "
        "routing, validation and the answer, which the rival goes without."
    )
    figures = [
        _figure("trigger for a video, as the view calls it", burst, "engine", target=TARGET, note=note, own=True),
        _figure("trigger for a video, the whole POST", burst, "service", target=TARGET, note=within),
        _figure("the whole POST, by itself after a rest", alone, "service"),
    ]
    told("trigger", figures, as_json=options.json)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
