"""The pages of the project lead where they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("media/*.md")}
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:precompute|models|workers|api|docs|tests|benchmarks|media|bin)/[\w./-]*)`")
_FOUNDATIONS = re.compile(r"^(\d+)\. ", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_file_of_a_page_is_there(page: Path) -> None:
    """Links to other pages and to headings of the same one, and the files and folders that it names."""
    text = page.read_text(encoding="utf-8")
    headings = {f"#{re.sub(r'[^a-z0-9_ -]', '', line.lower()).strip().replace(' ', '-')}" for line in _headings(text)}
    links = [link for link in _LINK.findall(text) if "://" not in link]
    lost = [link for link in links if link.startswith("#") and link not in headings]
    lost += [link for link in links if link[0] != "#" and not (page.parent / link.partition("#")[0]).exists()]
    lost += [name for name in _FILE.findall(text) if not (ROOT / name).exists()]
    assert lost == []


def test_every_decision_that_the_code_names_by_number_is_written_down() -> None:
    """Comments say "decision 4"; the page of decisions has a fourth."""
    page = (ROOT / "docs/decisions/2026-11-22-foundations.md").read_text(encoding="utf-8")
    code = [
        *ROOT.glob("*.py"),
        *(file for room in ("precompute", "workers", "api") for file in ROOT.glob(f"{room}/**/*.py")),
    ]
    named = {number for file in code for number in re.findall(r"decision (\d+)", file.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(_FOUNDATIONS.findall(page))


def _headings(text: str) -> list[str]:
    return [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
