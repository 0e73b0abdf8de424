"""What looking at failures costs, however many there are: the operations page looks every two seconds."""

from datetime import timedelta

from bench import CATALOGUE, SOLO, Bench, key

from precompute.failures import failures_mark, latest_failures
from precompute.ledger import Beginning
from precompute.precomputer import Precomputer

MINUTE = timedelta(minutes=1)


def failed(bench: Bench, *, video: str = "v1") -> None:
    """Have a task fail."""
    bench.trigger(SOLO, video=video)
    assert bench.begin(SOLO, video=video) is Beginning.RUN
    bench.fail(SOLO, video=video)


def listed(bench: Bench, *, most: int = 100) -> list[str]:
    """The keys of the latest failures."""
    return [str(one.key) for one in latest_failures(bench.cache, CATALOGUE, most=most)]


def test_of_a_long_list_only_the_beginning_is_read(bench: Bench) -> None:
    """Whoever asks for one failure has no ten thousand names sent; what stands far behind is found all the same."""
    failed(bench)
    gone = {f"{SOLO.name}:video:gone{number}": bench.clock().timestamp() * 1e3 + number for number in range(450)}
    bench.cache.client.zadd("pc:failed", gone)
    assert listed(bench) == [str(key(SOLO))]

    bench.clock.forward(MINUTE)
    failed(bench, video="v2")
    bench.cache.client.config_resetstat()
    assert listed(bench, most=1) == [str(key(SOLO, video="v2"))]
    assert bench.cache.client.info("commandstats")["cmdstat_zrevrange"]["calls"] == 2


def test_a_mark_tells_when_to_count_anew(bench: Bench, precomputer: Precomputer) -> None:
    """It stays while nothing changes, and changes with each failure and each that is dropped."""
    marks = [failures_mark(bench.cache)]
    for video in ("v1", "v2"):
        bench.clock.forward(MINUTE)
        failed(bench, video=video)
        marks.append(failures_mark(bench.cache))
        assert failures_mark(bench.cache) == marks[-1]
    precomputer.failures.drop([key(SOLO, video="v1")])
    marks.append(failures_mark(bench.cache))
    assert len(set(marks)) == 4
