"""The operations page in a real browser, beside a real worker. The tests share one stack and come in their order."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_results import CAMPAIGN, USER, VIDEO, store_campaign, store_user, store_video
from page_scripts import BROKEN, WIDEST
from page_stack import PLACES, PageStack
from page_tasks import ATTACK
from playwright.sync_api import Page, expect

Opened = Callable[..., Page]

PAGES = ("/", f"/videos/{VIDEO}", f"/campaigns/{CAMPAIGN}", f"/users/{USER}", "/users/user_1")


@pytest.fixture
def bad_mood(stack: PageStack) -> Iterator[Path]:
    """The moody task type fails while the file is there."""
    file = stack.folder / "bad_mood"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def stored(stack: PageStack) -> None:
    """A video, a campaign and a user have results, and the past has a step."""
    store_video(stack)
    store_campaign(stack)
    store_user(stack)
    stack.step()
    stack.post("/login", user_id="user_1")
    stack.step()


def live(page: Page) -> Page:
    """The page, once its figures come in."""
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


def row(page: Page, table: str, name: str) -> Any:
    """A table's first row that begins with the name."""
    return page.locator(f"#{table} tbody tr", has=page.get_by_role("rowheader", name=name, exact=True)).first


def failed(page: Page, user: str) -> Any:
    """The moody failure of a user."""
    return page.locator("#failed > li", has_text=f"user {user}")


def test_numbers_change_when_work_happens(stack: PageStack, opened: Opened) -> None:
    """A login's results show up as they are stored; reads and computations are in the sums and charts."""
    page = live(opened())
    expect(page.locator("#latest tbody")).to_contain_text("Nothing has been computed yet")
    expect(page.locator("#chart-work .nothing")).to_contain_text("Nothing recorded yet")
    stack.step()
    stack.post("/login", user_id="user_1")
    expect(row(page, "latest", "dashboard_data")).to_contain_text("user user_1")
    expect(row(page, "latest", "moody")).to_contain_text("event")
    expect(row(page, "latest", "predicted_actions")).to_be_visible()
    expect(row(page, "latest", "campaign_analytics")).to_be_visible()
    expect(page.locator("#tile-workers .note")).to_have_text("1 worker, 1 process")
    for key in ("dashboard_data:user:user_1", "dashboard_data:user:user_1", "dashboard_data:user:nobody"):
        stack.read(key)
    stack.step()
    expect(page.locator("#tile-hits .figure")).to_have_text("66.7 %")
    expect(page.locator("#tile-computed .figure")).to_have_text("4")
    expect(row(page, "times", "dashboard_data").locator("td").first).to_have_text("1")
    expect(page.locator("#chart-hits .plot")).to_have_attribute("aria-label", "Hit rate, latest 66.7 %, lowest 66.7 %")
    page.get_by_text("1 week").click()
    expect(page.locator("#tile-hits .note")).to_have_text("in the last week")
    expect(page.locator("#tile-reads .figure")).to_have_text("3")


@pytest.mark.parametrize("path", ["/", "/users/user_1"])
def test_a_page_comes_with_its_figures(opened: Opened, path: str) -> None:
    """Before any stream or answer: nobody sees an empty page first, and who takes a picture of it has it whole."""
    page = opened(path, quiet=False)
    page.route("**/operations/**", lambda route: route.abort())
    page.route("**/stream/**", lambda route: route.abort())
    page.reload()
    shown = page.locator("main").inner_text()
    wanted = ("66.7 %", "user user_1", "Since counting began") if path == "/" else ("fine", "moody", "ready")
    assert [words for words in wanted if words not in shown] == []


def test_what_failed_runs_again(stack: PageStack, opened: Opened, bad_mood: Path) -> None:
    """The button has it computed anew; the failure goes, the result comes, and what was done is told."""
    page = live(opened())
    stack.post("/login", user_id="user_again")
    expect(failed(page, "user_again")).to_contain_text("in a bad mood")
    bad_mood.unlink()
    page.get_by_role("button", name="Run moody:user:user_again again").click()
    expect(page.locator("#toasts")).to_contain_text("1 task queued again")
    expect(failed(page, "user_again")).to_have_count(0)
    expect(row(page, "latest", "moody")).to_contain_text("user user_again")


def test_what_failed_is_dropped_by_keyboard(stack: PageStack, opened: Opened, bad_mood: Path) -> None:
    """Asked first, and Escape is no; the focus is never lost: to new figures, to the question, or with what goes."""
    page = live(opened())
    stack.post("/login", user_id="user_drop")
    drop = page.get_by_role("button", name="Drop moody:user:user_drop")
    drop.focus()
    stack.post("/login", user_id="user_other")
    expect(failed(page, "user_other")).to_be_visible()
    expect(drop).to_be_focused()
    page.keyboard.press("Space")
    asked = page.get_by_role("dialog", name="Drop moody:user:user_drop?")
    expect(asked.get_by_role("button", name="Keep")).to_be_focused()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    expect(drop).to_be_focused()
    page.keyboard.press("Space")
    asked.get_by_role("button", name="Drop").press("Enter")
    expect(failed(page, "user_drop")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("1 task dropped")
    other = page.get_by_role("button", name="Drop moody:user:user_other")
    expect(other).to_be_focused()
    other.press("Enter")
    page.get_by_role("button", name="Drop", exact=True).and_(page.locator(".asking button")).press("Enter")
    expect(failed(page, "user_other")).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_everything_is_reached_by_tab(opened: Opened, stored: None) -> None:
    """In reading order: past the frame, the range, the results; Enter on the first link skips to the figures."""
    page = live(opened())
    expect(page.locator("#latest a").first).to_be_visible()
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 20)")
        )
    assert seen[:7] == ["Skip to the figures", "Precompute", "find-kind", "find-id", "Open", "API", "theme"]
    assert page.evaluate("document.activeElement.closest('#latest') !== null")
    page.keyboard.press("Shift+Home")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#range input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#range input").nth(1)).to_be_checked()


def test_a_result_is_found_by_its_id_and_by_its_key(opened: Opened, stored: None) -> None:
    """The box in the frame leads to pages; so does each of the latest results."""
    page = live(opened())
    page.get_by_label("Id or cache key").fill(f"ctr_prediction:video:{VIDEO}")
    page.keyboard.press("Enter")
    expect(page.locator("#ctr_prediction")).to_be_focused()
    page.get_by_label("Kind").select_option("Campaign")
    page.get_by_label("Id or cache key").fill(CAMPAIGN)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("h1")).to_have_text("Spring")
    page.get_by_role("link", name="Precompute").click()
    row(page, "latest", "moody").get_by_role("link").first.click()
    expect(page.locator("#moody")).to_contain_text("fine")


@pytest.mark.parametrize("odd", ["a/b", "..%2F..", "<b>", "a:b:c", "%F0%9F%8E%AC", "a" * 129, "a b", ";drop"])
def test_an_odd_id_leads_to_a_page(opened: Opened, odd: str) -> None:
    """With the way back, instead of JSON."""
    page = opened(f"/videos/{odd}", quiet=False)
    expect(page.get_by_role("heading", name="Nothing has such an id")).to_be_visible()
    page.get_by_label("Id or cache key").fill("user_1")
    page.get_by_label("Kind").select_option("User")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#results")).to_have_attribute("data-id", "user_1")


def test_the_search_takes_ids_and_keys_alone(opened: Opened) -> None:
    """What is neither is not gone to, and the browser says what is; spaces around are nothing."""
    page = live(opened())
    box = page.get_by_label("Id or cache key")
    for odd in ("a/b", "a b", "x:y:z", "<b>", "ctr_prediction:video:", "a" * 129):
        box.fill(odd)
        page.get_by_role("button", name="Open").click()
        assert box.evaluate("one => one.validity.patternMismatch"), odd
    box.fill(f"  {VIDEO} ")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#results")).to_have_attribute("data-id", VIDEO)


def test_a_video_is_shown_without_a_player(opened: Opened, stored: None, stack: PageStack) -> None:
    """Scenes, faces, speech and stills on one axis, the hook's parts, the CTR with its drivers; no look is a read."""
    before = stack.reads()
    page = live(opened(f"/videos/{VIDEO}"))
    lanes = page.locator(".timeline [role=img]")
    told = lanes.evaluate_all("all => all.map(one => one.ariaLabel)")
    assert told == [
        "Scenes: 2 scenes, 5 cuts a minute",
        "Faces: a face on screen 50 % of the time",
        "Speech: 1 sentence",
        "Stills: 1 still",
    ]
    widths = page.locator(".scene").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert widths[0] / widths[1] == pytest.approx(5 / 7, abs=0.02)
    still = page.get_by_role("img", name="Still 1 at 0:00.0")
    expect(still).to_be_visible()
    assert still.evaluate("image => image.naturalWidth") == 1
    expect(page.locator(".picture .box")).to_have_count(1)
    expect(page.locator("#hook_analysis")).to_contain_text("12 of 15")
    expect(page.locator("#ctr_prediction")).to_contain_text("2.10 %")
    expect(page.locator("#ctr_prediction .down")).to_have_count(1)
    assert stack.reads() == before


def test_stored_texts_stay_text(opened: Opened, stored: None, stack: PageStack, bad_mood: Path) -> None:
    """A title, a headline, a caption, a result and an error that look like markup run nothing and show as they are."""
    stack.post("/login", user_id="user_attacked")
    page = live(opened())
    expect(failed(page, "user_attacked")).to_contain_text(f"in a bad mood {ATTACK}")
    assert page.evaluate("window.attacked") is None
    for path, times in {PAGES[1]: 6, PAGES[2]: 2, PAGES[3]: 2, PAGES[4]: 1}.items():
        page = live(opened(path))
        expect(page.locator("#sections .panel").first).to_be_visible()
        page.locator("details summary").last.click()
        assert page.locator("main").inner_text().count(ATTACK) >= times
        assert page.evaluate("[window.attacked, document.querySelectorAll('main script, main img[src=x]').length]") == [
            None,
            0,
        ]
    page = opened(f"/videos/{ATTACK.replace('/', '%2F')}", quiet=False)
    assert page.evaluate("window.attacked") is None


@pytest.mark.parametrize("path", PAGES)
def test_readers_of_screens_and_of_phones_are_served(opened: Opened, stored: None, path: str) -> None:
    """Axe finds nothing, in either theme, wide and on a phone; 360 pixels are enough to show it all."""
    page = live(opened(path))
    expect(page.locator("#latest a, #sections .panel").first).to_be_visible()
    # What a view did not foresee would show as one of these.
    assert not any(word in page.locator("main").inner_text() for word in ("[object", "undefined", "NaN", "null"))
    for theme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 844})
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], (theme, width)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(BROKEN) == [], width
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_widest_figures_fit_a_phone(opened: Opened, stored: None) -> None:
    """Tens of thousands of computations, and times of three digits with their unit, leave the page 360 pixels wide."""
    page = live(opened(viewport={"width": 360, "height": 740}, is_mobile=True))
    page.evaluate(WIDEST)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(BROKEN) == []


def test_a_theme_is_chosen_and_kept(opened: Opened, stored: None) -> None:
    """The button turns the page over, charts included, and the next load comes in that theme."""
    page = live(opened(color_scheme="light"))
    ground = "getComputedStyle(document.body).backgroundColor"
    bright = page.evaluate(ground)
    page.get_by_role("button", name="Switch between light and dark").click()
    dark = page.evaluate(ground)
    assert dark != bright
    page.reload()
    assert page.evaluate(ground) == dark


def test_who_wants_no_motion_gets_none(opened: Opened, stored: None) -> None:
    """Nothing is animated."""
    page = live(opened(reduced_motion="reduce"))
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_page_without_a_place_asks_by_itself(opened: Opened) -> None:
    """More pages than the API spares threads for: the last one gets its figures, too."""
    pages = [live(opened()) for _ in range(PLACES)]
    late = opened(quiet=False)
    expect(late.locator("#live")).to_have_text("Every few seconds")
    expect(late.locator("#tile-workers .note")).to_have_text("1 worker, 1 process")
    pages[0].context.close()
    expect(late.locator("#live")).to_have_text("Live")


def test_the_cache_goes_away_and_comes_back(stack: PageStack, opened: Opened) -> None:
    """The page says so, keeps what it showed, and goes on by itself."""
    page = live(opened(quiet=False))
    expect(page.locator("#latest a").first).to_be_visible()
    stack.valkey.stop()
    try:
        expect(page.locator(".alert-list")).to_contain_text("The cache is down")
        expect(page.locator("#latest a").first).to_be_visible()
    finally:
        stack.valkey.start()
    expect(page.locator(".alert-list")).not_to_contain_text("is down")
    expect(page.locator("#live")).to_have_text("Live")
