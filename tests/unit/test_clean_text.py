"""Text without what nobody sees: control characters and those that turn the direction of others."""

from pathlib import Path

import pytest

from precompute.batch import Trigger, event_of
from precompute.clean_text import clean, cleaned
from precompute.events import CampaignCreated, VideoUploaded
from workers.campaign.brief import brief_of
from workers.video.wording import worded_locally


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Sommer \u202ereversed\u202c sale", "Sommer reversed sale"),
        ("a\u2066b\u2069c\u200e\u200f\u061c", "abc"),
        ("nul\x00 bell\x07 escape\x1b[31m del\x7f next\x85", "nul bell escape[31m del next"),
        ("\ufeffmark soft\u00adhyphen zero\u200bwidth", "mark softhyphen zerowidth"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("one\r\ntwo\rthree\tfour\n", "one\ntwo\nthree\tfour\n"),
        ("नमस्\u200cते 👩\u200d🚀 עברית café 日本", "नमस्\u200cते 👩\u200d🚀 עברית café 日本"),
        ("", ""),
    ],
)
def test_what_nobody_sees_is_left_out(sent: str, kept: str) -> None:
    """Words of all scripts, line breaks and emoji stay as they are."""
    assert clean(sent) == kept


def test_json_is_cleaned_throughout() -> None:
    """Names and values, at any depth; addresses are looked at as they are."""
    sent = {"ti\u202etle": ["a\x07", {"b": "c\u200b"}], "n": 5, "url": "http://x/\u202e", "none": None}
    assert cleaned(sent, but=frozenset({"url"})) == {
        "title": ["a", {"b": "c"}],
        "n": 5,
        "url": "http://x/\u202e",
        "none": None,
    }


def test_events_bring_clean_text(tmp_path: Path) -> None:
    """Whoever reads the brief or the title of an event gets them so, whatever was posted."""
    brief = {"product": "Shoes\u202e", "benefits": ["light\x08"]}
    campaign = event_of(Trigger(kind=CampaignCreated, subject_id="c1", user_id="u1", data=brief), media_root=tmp_path)
    assert campaign.data == {"product": "Shoes", "benefits": ["light"]}
    posted = {"url": "https://example.com/v.mp4", "title": "\u2067Drop\u2069"}
    video = event_of(Trigger(kind=VideoUploaded, subject_id="v1", user_id="u1", data=posted), media_root=tmp_path)
    assert video.data == {"url": "https://example.com/v.mp4", "title": "Drop"}


def test_texts_made_from_older_briefs_are_clean() -> None:
    """The store may hold what was posted before; captions may be worded by a service that returns anything."""
    assert brief_of({"product": "Sh\u202eoes"}, campaign_id="c1").product.name == "Shoes"  # type: ignore[union-attr]
    assert worded_locally("He said\u202e hello.", title="A\u200b title").caption == "A title: He said hello."
