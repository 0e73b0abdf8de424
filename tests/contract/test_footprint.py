"""The memory figure of each type: what it says, how far it is off, and what it costs."""

import random

from bench import CATALOGUE, SOLO, Bench, key

from precompute.footprint import HOLDS_MS, SAMPLE, Footprint, footprints


def told(bench: Bench) -> dict[str, Footprint]:
    """Weighed anew."""
    bench.client.delete("pc:footprint")
    return dict(footprints(bench.cache, CATALOGUE))


def really(bench: Bench, name: str) -> int:
    """The bytes of every entry of a type and of the type's index."""
    keys = [each.decode() for each in bench.client.zrange(f"pc:y:{name}", 0, -1)]
    entries = sum(bench.client.memory_usage(f"pc:e:{each}", samples=0) or 0 for each in keys)
    return entries + (bench.client.memory_usage(f"pc:y:{name}", samples=0) or 0)


def test_an_empty_cache_takes_nothing(bench: Bench) -> None:
    """Every row of the catalogue is told, with nothing."""
    assert told(bench) == {row.name: Footprint(entries=0, bytes=0, bytes_error=0) for row in CATALOGUE}


def test_few_entries_are_weighed_exactly(bench: Bench) -> None:
    """Up to the size of the sample; values and parts alike, and each type by itself."""
    for number in range(SAMPLE):
        bench.have(SOLO, video=f"v{number}", value={"text": "x" * 100 * number}, parts={"still": b"y" * 50 * number})

    found = told(bench)

    assert found["solo"] == Footprint(entries=SAMPLE, bytes=really(bench, "solo"), bytes_error=0)
    assert found["looks"].bytes == found["cuts"].bytes == 0
    assert found["solo"].bytes > sum(150 * number for number in range(SAMPLE))


def test_many_entries_are_told_within_the_error_that_is_told(bench: Bench) -> None:
    """Some are ten times as large as others; the truth lies within twice the error in four of five looks, and more."""
    dice = random.Random(3)  # noqa: S311 - no secret
    for number in range(600):
        bench.have(SOLO, video=f"v{number}", value={"text": "x" * dice.randint(100, 4000)})
    truth = really(bench, "solo")

    looks = [told(bench)["solo"] for _ in range(5)]

    assert {look.entries for look in looks} == {600}
    assert all(0 < look.bytes_error < 0.5 * look.bytes for look in looks)
    # The server draws the sample: one look of some thousands is further off, two of five are in none of a million runs.
    assert sum(abs(look.bytes - truth) < 2 * look.bytes_error for look in looks) >= 4


def test_evicted_entries_weigh_nothing(bench: Bench) -> None:
    """Though the index still names them until they are noticed."""
    for number in range(20):
        bench.have(SOLO, video=f"v{number}", value={"text": "x" * 1000})
    for number in range(15):
        bench.client.delete(f"pc:e:{key(SOLO, f'v{number}')}")

    found = told(bench)["solo"]

    assert found.entries == 5
    assert found.bytes == really(bench, "solo")


def test_the_cost_does_not_grow_with_what_is_stored(bench: Bench) -> None:
    """Two round trips and as many commands with a thousand entries as with the sample, and one while it holds."""
    commands: list[int] = []
    for more in (range(SAMPLE), range(SAMPLE, 1000)):
        for number in more:
            bench.have(SOLO, video=f"v{number}")
        bench.client.delete("pc:footprint")
        bench.client.config_resetstat()
        footprints(bench.cache, CATALOGUE)
        commands.append(bench.commands()["memory|usage"])
        assert "keys" not in bench.commands()
        assert not {"scan", "zscan", "zrange"} & set(bench.commands())
    bench.client.config_resetstat()
    footprints(bench.cache, CATALOGUE)

    assert commands[0] == commands[1] == SAMPLE + len(CATALOGUE.rows)
    assert set(bench.commands()) - {"config|resetstat", "info"} == {"get"}
    assert 0 < bench.client.pttl("pc:footprint") <= HOLDS_MS


def test_a_row_that_came_by_a_plug_in_is_weighed_at_once(bench: Bench) -> None:
    """Figures that another process told without it do not hold."""
    bench.client.set("pc:footprint", b"{}")

    assert set(footprints(bench.cache, CATALOGUE)) == {each.name for each in CATALOGUE}
