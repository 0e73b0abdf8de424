"""A stack for all tests of a module, and pages that must not complain."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from page_stack import PageStack, chromium
from playwright.sync_api import Browser, ConsoleMessage, Error, Page


# Its loop runs for as long as it does; tests of other modules have loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageStack]:
    """A running service; asks for the browser first, so that nothing is started in vain."""
    running = PageStack(tmp_path_factory.mktemp("stack"))
    yield running
    running.close()


@pytest.fixture
def opened(stack: PageStack, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages of the service; at the end none may have complained, or asked another host."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_page(path: str = "/", *, quiet: bool = True, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        own = urlsplit(stack.url).netloc
        page.on("request", lambda asked: _elsewhere(asked.url, own, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if quiet:
            page.on("console", lambda said: _heard(said, complaints))
        _go_to(page, f"{stack.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _go_to(page: Page, url: str) -> None:
    for _ in range(3):
        try:
            page.goto(url)
        except Error as problem:
            # Tests beside this one plug cables into the machine and out of it, and Chromium drops what it was loading.
            if "ERR_NETWORK_CHANGED" not in problem.message:
                raise
        else:
            return
    raise AssertionError("the machine's interfaces do not come to rest")


def _heard(said: ConsoleMessage, complaints: list[str]) -> None:
    # A page of the test before leaves its place at the stream when the next event finds it gone; until then the
    # browser tells of the 503 that the page takes for "ask by yourself".
    no_place = "503" in said.text and said.location["url"].endswith("/operations/live")
    # The machine's own interfaces come and go, and Chromium drops what it was loading: the page asks again.
    machine = "ERR_NETWORK_CHANGED" in said.text
    if said.type in {"error", "warning"} and not no_place and not machine:
        complaints.append(said.text)


def _elsewhere(url: str, own: str, complaints: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
        complaints.append(f"asked {url}")
