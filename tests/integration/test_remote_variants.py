"""Variants by OpenAI and Anthropic, against a server on this machine that speaks their wire formats."""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from jobs import job_for
from wording_server import Service, serving

from models.sentences import sentence_model
from precompute.events import CampaignCreated
from precompute.settings import Settings
from workers.campaign.angles import ANGLES
from workers.campaign.variants import generate_variants
from workers.campaign.writing import HEADLINE_LENGTH, PRIMARY_TEXT_LENGTH

KEY = "sk-very-secret-key"
NOUNS = [
    "apples",
    "rivers",
    "engines",
    "violins",
    "carpets",
    "galaxies",
    "lawyers",
    "sandwiches",
    "volcanoes",
    "bicycles",
    "kittens",
    "pensions",
    "cathedrals",
    "robots",
    "umbrellas",
    "dentists",
    "hurricanes",
    "pancakes",
    "diamonds",
    "passports",
    "tractors",
    "penguins",
    "elections",
    "mirrors",
    "vitamins",
    "castles",
    "spiders",
    "invoices",
    "ballets",
    "glaciers",
    "hammers",
    "oysters",
    "pyramids",
    "satellites",
    "tornadoes",
    "lanterns",
    "mosquitoes",
    "orchids",
    "potholes",
    "quilts",
    "rockets",
    "saxophones",
    "tulips",
    "uniforms",
    "vampires",
    "walnuts",
    "xylophones",
    "yachts",
    "zebras",
    "anchors",
]
ADS = [
    {"angle": ANGLES[turn % len(ANGLES)].name, "headline": f"All about {noun}", "primary_text": f"We know {noun}."}
    for turn, noun in enumerate(NOUNS)
]


def openai_reply(ads: Any) -> Any:
    """What OpenAI would send around these ads."""
    return {"choices": [{"message": {"role": "assistant", "content": json.dumps({"variants": ads})}}]}


def anthropic_reply(ads: Any) -> Any:
    """What Anthropic would send around these ads."""
    return {"content": [{"type": "tool_use", "name": "ads", "input": {"variants": ads}}]}


def generated(
    service: Service, *, name: str = "openai", timeout: float = 10.0, results: Any = None, **brief: Any
) -> Mapping[str, Any]:
    """The variants of a campaign with the key of one of the two services, which answers at ``service``."""
    keys: dict[str, Any] = {f"{name}_api_key": KEY, f"{name}_base_url": service.url}
    used = Settings(**keys, wording_timeout=timedelta(seconds=timeout), wording_max_tokens=4321)
    event = CampaignCreated(subject_id="c1", user_id="u1", data={"product": "Everything", **brief})
    return generate_variants(job=job_for(event, settings=used, results=results)).value


def assert_as_promised(value: Mapping[str, Any]) -> None:
    """Fifty distinct texts, every angle, within the limits."""
    variants = value["variants"]
    assert len(variants) == len({text["variant_id"] for text in variants}) == 50
    assert {text["angle"] for text in variants} == {angle.name for angle in ANGLES}
    assert max(len(text["headline"]) for text in variants) <= HEADLINE_LENGTH
    assert max(len(text["primary_text"]) for text in variants) <= PRIMARY_TEXT_LENGTH
    vectors = sentence_model().read([text["headline"] for text in variants]).meaning
    assert max(float(vectors[a] @ vectors[b]) for a, b in combinations(range(50), 2)) <= 0.95


def test_openai_words_all_fifty() -> None:
    """One request with the key, the shape, the brief and the cost limit; its fifty texts are taken as they are."""
    with serving(Service(reply=openai_reply(ADS))) as service:
        value = generated(service, offer="free shipping")
    ((path, headers, body),) = service.asked
    assert (path, headers["authorization"]) == ("/chat/completions", f"Bearer {KEY}")
    assert body["max_completion_tokens"] == 4321
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "free shipping" in body["messages"][-1]["content"]
    assert all(angle.name in body["messages"][0]["content"] for angle in ANGLES)
    assert_as_promised(value)
    assert value["source"] == "openai"
    assert [text["headline"] for text in value["variants"]] == [ad["headline"] for ad in ADS]


def test_anthropic_is_asked_by_a_tool() -> None:
    """One request with a forced tool, whose input is the answer."""
    with serving(Service(reply=anthropic_reply(ADS))) as service:
        value = generated(service, name="anthropic")
    ((path, headers, body),) = service.asked
    assert (path, headers["x-api-key"], body["max_tokens"]) == ("/v1/messages", KEY, 4321)
    assert body["tool_choice"] == {"type": "tool", "name": "ads"}
    assert (value["source"], len(value["variants"])) == ("anthropic", 50)


def test_a_short_answer_is_topped_up() -> None:
    """Twenty usable texts are kept, thirty are added here, and the source says so."""
    with serving(Service(reply=openai_reply(ADS[:20]))) as service:
        value = generated(service)
    assert_as_promised(value)
    assert value["source"] == "openai, 30 topped up locally"
    assert {ad["headline"] for ad in ADS[:20]} <= {text["headline"] for text in value["variants"]}


def test_repetitions_and_bad_texts_are_left_out() -> None:
    """What repeats, is too long, empty, of an unknown angle or no text at all is lost; the others are not."""
    bad = [
        {**ADS[0], "headline": "ALL ABOUT APPLES!"},
        {**ADS[0], "headline": "x" * 41},
        {**ADS[0], "headline": "Too wordy", "primary_text": "word " * 40},
        {**ADS[0], "headline": "  "},
        {**ADS[0], "angle": "magic", "headline": "Hocus pocus"},
        {"headline": "No angle"},
        "no object",
        None,
    ]
    with serving(Service(reply=openai_reply([*ADS[:3], *bad]))) as service:
        value = generated(service)
    assert_as_promised(value)
    assert value["source"] == "openai, 47 topped up locally"


def test_angles_that_were_left_out_get_a_place() -> None:
    """Fifty texts of one angle do not crowd out the other eleven."""
    with serving(Service(reply=openai_reply([{**ad, "angle": "story"} for ad in ADS]))) as service:
        value = generated(service)
    assert_as_promised(value)
    assert value["source"] == "openai, 11 topped up locally"


@pytest.mark.parametrize(
    ("status", "reply", "reason"),
    [
        (429, {"error": {"message": "quota"}}, "answered 429"),
        (200, b"not JSON", "no usable answer"),
        (200, openai_reply([]), "no usable answer"),
        (200, openai_reply([{"headline": "No angle"}]), "no usable answer"),
        (200, openai_reply("no list"), "no usable answer"),
        (200, {"choices": [{"message": {"content": "[1, 2]"}}]}, "no usable answer"),
    ],
)
def test_a_bad_answer_falls_back(status: int, reply: Any, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """Fifty local texts come all the same; source and log say why, and the key is nowhere."""
    caplog.set_level(logging.DEBUG)
    with serving(Service(status=status, reply=reply)) as service:
        value = generated(service)
    assert_as_promised(value)
    assert value["source"] == f"local (openai failed: {reason})"
    (record,) = [entry for entry in caplog.records if getattr(entry, "action", "") == "wording_fell_back"]
    assert (record.service, record.reason) == ("openai", reason)
    assert KEY not in caplog.text


def test_a_service_that_stays_silent_is_left() -> None:
    """After the time limit the texts are worded here."""
    with serving(Service(silent=True)) as service:
        value = generated(service, timeout=0.2)
    assert value["source"] == "local (openai failed: timed out)"


def test_the_same_brief_is_asked_about_once() -> None:
    """While the entry is there its texts stay and are not paid again; another brief is asked about."""
    with serving(Service(reply=openai_reply(ADS))) as service:
        first = generated(service)
        stored = {"variant_generation:campaign:c1": first}
        assert generated(service, results=stored) == first
        assert len(service.asked) == 1
        generated(service, results=stored, offer="another")
        assert len(service.asked) == 2


def test_a_failure_is_not_kept() -> None:
    """Texts that were worded here because the service failed are worded by it once it answers again."""
    with serving(Service(status=500, reply={})) as service:
        stored = {"variant_generation:campaign:c1": generated(service)}
    with serving(Service(reply=openai_reply(ADS))) as service:
        assert generated(service, results=stored)["source"] == "openai"


def test_another_language_is_worded_there_and_topped_up_in_english() -> None:
    """A language without phrases here is no obstacle for a service; what is added here is English, and said to be."""
    with serving(Service(reply=openai_reply(ADS[:40]))) as service:
        value = generated(service, language="ja")
    assert json.loads(service.asked[0][2]["messages"][-1]["content"])["language"] == "ja"
    assert value["language"] == "ja"
    assert value["source"] == "openai, 10 topped up locally, in English, as there are no phrases in 'ja'"
