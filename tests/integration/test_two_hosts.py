"""Workers on two hosts, servers and beat elsewhere: both work, they share what they need, and one may go at any time.

The hosts are network namespaces where root may make such, each with a name and a cable of its own; else they are names
on the loopback, and what takes a cable is skipped. All tests share one site, and each has users of its own.
"""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import clips
import pytest
from hosts import NAMES
from platform_under_test import LONG
from plugin_tasks import QUICK, SLOW
from servers import serving
from two_hosts_site import Site, site_in
from two_hosts_tasks import HELD, LOOKED_AT

from precompute.admission import admit
from precompute.entry import Entry
from precompute.events import VideoUploaded
from precompute.facts import Action
from precompute.fingerprint import fingerprint_of
from precompute.media import RemoteVideo
from precompute.planner import plan


@pytest.fixture(scope="module")
def started_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of this module."""
    with site_in(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(started_site: Site) -> Site:
    """Both hosts are there."""
    started_site.whole()
    return started_site


class _Videos(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def video_url(site: Site, tmp_path: Path) -> Iterator[str]:
    """Of a clip of 160 by 120, on a web server of this machine."""
    clips.with_cuts(tmp_path / "v1.mp4")
    address = site.hosts[0].server_address
    server = ThreadingHTTPServer((address, 0), partial(_Videos, directory=str(tmp_path)))
    with serving(server):
        yield f"http://{address}:{server.server_port}/v1.mp4"


def both_compute(site: Site, *, users: tuple[str, str]) -> None:
    """Two tasks that last are taken by a host each."""
    for user in users:
        site.login(SLOW, user=user)
    assert {site.host_of(SLOW, user).name for user in users} == set(NAMES)
    for user in users:
        site.let_go(user)
        assert site.value(SLOW, user=user) == {"run": 1}


def test_both_hosts_compute_and_are_told_apart(site: Site) -> None:
    """Two tasks are computed at once, one on each; the metrics name both workers by their hosts."""
    both_compute(site, users=("u1", "u2"))
    names = {f"worker@{name}" for name in NAMES}
    site.hold_on("both report", lambda: {one["name"] for one in site.precomputer.measures().workers} == names)


def test_what_one_host_decoded_the_other_looks_at(site: Site, video_url: str) -> None:
    """A video is fetched by its URL and decoded on the first; the second reads the frames, with no shared folder."""
    source = fingerprint_of(RemoteVideo(video_url))
    event = VideoUploaded(subject_id="v1", user_id="u1", data={"url": video_url}, fingerprint=source)
    planned = plan(event, catalogue=site.engine.catalogue, rows=[LOOKED_AT])
    admit(planned, ledger=site.engine.ledger, dispatch=site.engine.dispatch)
    found = site.precomputer.get(LOOKED_AT.key_for(event.ref), wait=LONG)
    assert isinstance(found, Entry), (found, site.logs())
    assert found.value == {"folder": site.hosts[1].name, "shapes": [[120, 160, 3]]}


def test_facts_reach_the_one_database(site: Site) -> None:
    """What was accepted is drained by whichever host beat's message comes to."""
    site.engine.stream.append([Action(at=site.engine.cache.clock(), user_id="fact", action="dashboard_view")])
    site.hold_on("the fact is stored", lambda: len(site.engine.facts.actions_of("fact")) == 1)


def test_a_host_that_is_cut_off_writes_nothing_and_comes_back(site: Site) -> None:
    """Its cable is pulled while it computes: the other one takes over, and what it brings later is refused."""
    if not site.hosts[0].has_cable:
        pytest.skip("network namespaces are not permitted here")
    site.login(HELD, user="cut")
    cut = site.host_of(HELD, "cut")
    cut.cut()
    assert site.host_of(HELD, "cut") == site.other(cut)
    site.open_gate(site.other(cut))
    assert site.value(HELD, user="cut") == {"folder": site.other(cut).name}

    cut.plug()
    site.open_gate(cut)
    site.hold_on("it is told", lambda: site.precomputer.measures().by_type[HELD.name].leases_lost == 1)
    assert site.value(HELD, user="cut") == {"folder": site.other(cut).name}
    both_compute(site, users=("after1", "after2"))


def test_a_host_that_is_lost_takes_nothing_along(site: Site) -> None:
    """It computes something and waits for more: all that was accepted before and after is computed by the other one."""
    users = [f"lost{number}" for number in range(8)]
    site.login(HELD, user="held")
    lost = site.host_of(HELD, "held")
    site.login(QUICK, user=users[0])
    site.lose(lost)
    for user in users[1:]:
        site.login(QUICK, user=user)
    assert site.host_of(HELD, "held") == site.other(lost)
    site.open_gate(site.other(lost))
    assert site.value(HELD, user="held") == {"folder": site.other(lost).name}
    assert [site.value(QUICK, user=user)["sum"] for user in users] == [6] * len(users)
