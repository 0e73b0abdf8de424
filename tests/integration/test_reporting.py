"""What a real worker says about itself."""

from platform_under_test import Platform
from plugin_tasks import SLOW

from api.figures import metrics_figures
from precompute.entry import State


def test_a_worker_tells_how_busy_it_is(platform: Platform) -> None:
    """One of its two processes computes, so at most half of its time is used, and more than none."""
    platform.login(SLOW)
    platform.until(SLOW, State.RUNNING)
    figures = metrics_figures(platform.precomputer)
    for _ in range(30):
        if figures["worker_utilisation"]:
            break
        # A read that nobody answers is a wait of a second.
        platform.client.blpop("test:nobody", timeout=1)
        figures = metrics_figures(platform.precomputer)
    platform.let_go()
    assert 0 < figures["worker_utilisation"] <= 0.5
    assert figures["workers"][0]["busy"] == figures["worker_utilisation"]
    assert platform.value(SLOW)["run"] == 1
