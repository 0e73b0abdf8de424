"""How long cached reads take while all workers compute: 300 a second at fixed instants, each timed from its instant.

python benchmarks/read_latency.py [--a-second 300] [--seconds 20] [--entries 100] [--json]

The API and both workers run as the Procfile says, on a Valkey of their own. Meanwhile so many copies of the project's
clip wait for their six analyses that every process computes all the time. A read that could not be sent in time, since
the machine was busy, counts from when it should have been sent: nothing is left out.
"""

import argparse
import tempfile
import urllib.request
from pathlib import Path

import numpy as np
import orjson
from cached_read import fill
from figures import Figure, told
from load import Answers, get, open_loop
from processes import ROOT, api, started, until
from servers import AS_DEPLOYED, ValkeyServer

from precompute.settings import Settings

CLIP = ROOT / "media" / "test_vid_001.mp4"
VIDEO = {"user_id": "u1", "video_data": {"url": CLIP.name}}
VIDEOS = 400
"""So many of them are more than two workers are done with in a minute."""


def post(url: str, body: object) -> None:
    """Send JSON, and expect that it is taken."""
    request = urllib.request.Request(url, data=orjson.dumps(body), headers={"Content-Type": "application/json"})  # noqa: S310 - our own address
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


def idle_ticks() -> tuple[int, int]:
    """Of the machine's processors: ticks without work, and all, since it started; zeros where nobody tells."""
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except FileNotFoundError:
        return 0, 0
    return ticks[3] + ticks[4], sum(ticks)


def measure(wanted: argparse.Namespace, folder: Path) -> tuple[Answers, float]:
    """Reads under load, and which share of the processors' time nobody used meanwhile."""
    with (
        ValkeyServer(folder / "cache", "--maxmemory-policy", "allkeys-lru", *AS_DEPLOYED) as cache,
        ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        cache.client() as client,
    ):
        environ = {"REDIS_URL": cache.url, "BROKER_URL": broker.url, "PRECOMPUTE_DATA_DIR": str(folder)}
        environ |= {"PRECOMPUTE_MEDIA_ROOT": str(CLIP.parent)}
        keys = fill(Settings.from_environ(environ), entries=wanted.entries)
        reads = [get(f"/api/precompute/cache/{key}", host="127.0.0.1") for key in keys]
        with (
            started("worker", environ=environ, log=folder / "worker.log"),
            started("background", environ=environ, log=folder / "background.log"),
            api(environ=environ, log=folder / "web.log") as web,
        ):
            for number in range(VIDEOS):
                host, port = web.address
                post(f"http://{host}:{port}/api/precompute/video", {**VIDEO, "video_id": f"busy{number}"})
            until(lambda: bool(client.hget("pc:m", "runs:video_samples")), what="a video sampled")
            idle, ticks = idle_ticks()
            found = open_loop(web.address, reads, a_second=wanted.a_second, seconds=wanted.seconds)
            idle, ticks = (after - before for after, before in zip(idle_ticks(), (idle, ticks), strict=True))
            if client.zcard("pc:watch") < VIDEOS / 10:
                raise SystemExit("the workers ran out of videos")
    return found, idle / ticks if ticks else 0.0


def main() -> None:
    """Print the percentiles, and what the machine did meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--a-second", type=float, default=300.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--entries", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answers, idle = measure(wanted, Path(folder))
    if set(answers.statuses) != {200}:
        raise SystemExit(f"reads were answered {answers.statuses}")
    slow = int(np.count_nonzero(answers.seconds > 0.05))
    about = f"cached read at {wanted.a_second:.0f} requests a second, workers computing"
    meanwhile = (
        f"{len(answers.seconds):,} reads, {slow} above 50 ms; sent up to {answers.late.max() * 1000:.1f} ms late, "
        f"which counts; processors idle {100 * idle:.0f} % of the time"
    )
    told(
        "read_latency",
        [
            Figure(what=f"{about}, p50", ours=answers.percentile_ms(50), unit="ms"),
            Figure(what=f"{about}, p99", ours=answers.percentile_ms(99), unit="ms", target="<= 15 ms"),
            Figure(
                what=f"{about}, slowest", ours=answers.percentile_ms(100), unit="ms", target="<= 50 ms", note=meanwhile
            ),
        ],
        as_json=wanted.json,
    )


if __name__ == "__main__":
    main()
