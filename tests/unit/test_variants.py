"""The texts of a campaign: fifty, distinct, within the limits, and the same for the same brief."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jobs import job_for

from models.sentences import sentence_model
from precompute.events import CampaignCreated
from precompute.results.campaign import VariantGenerationSchema
from workers.campaign.angles import ANGLES
from workers.campaign.phrases import addressed, slots_of
from workers.campaign.variants import LANGUAGES, generate_variants
from workers.campaign.writing import ACTION_LENGTH, HEADLINE_LENGTH, PRIMARY_TEXT_LENGTH

TONES = ("neutral", "playful", "professional", "premium", "urgent")
DESK = {
    "budget": 5000,
    "product": "a standing desk",
    "brand": "Liftly",
    "offer": "20% off!",
    "price": 299,
    "currency": "EUR",
    "target_audience": "busy parents",
    "benefits": ["less back pain"],
}


def texts(data: Mapping[str, Any], *, campaign_id: str = "c1", **known: Any) -> Mapping[str, Any]:
    """The generated variants of a campaign with this brief."""
    event = CampaignCreated(subject_id=campaign_id, user_id="u1", data=data)
    return generate_variants(job=job_for(event, **known)).value


def headlines(value: Mapping[str, Any]) -> list[str]:
    """In their order."""
    return [variant["headline"] for variant in value["variants"]]


def assert_as_promised(value: Mapping[str, Any]) -> None:
    """Whatever the brief: fifty valid, distinct texts, every angle, within the limits, no slot left open."""
    assert VariantGenerationSchema().validate(value) == {}
    variants = value["variants"]
    assert len(variants) == 50
    assert len({variant["variant_id"] for variant in variants}) == 50
    uses = Counter(variant["angle"] for variant in variants)
    assert set(uses) == {angle.name for angle in ANGLES}
    assert set(uses.values()) <= {4, 5}
    vectors = sentence_model().read(headlines(value)).meaning
    assert max(float(vectors[a] @ vectors[b]) for a, b in combinations(range(50), 2)) <= 0.95
    for variant in variants:
        assert 0 < len(variant["headline"]) <= HEADLINE_LENGTH
        assert 0 < len(variant["primary_text"]) <= PRIMARY_TEXT_LENGTH
        assert 0 < len(variant["call_to_action"]) <= ACTION_LENGTH
        assert variant["format"]
        assert variant["audience"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", TONES)
def test_an_empty_brief_is_enough(language: str, tone: str) -> None:
    """A language and a tone alone give fifty distinct texts."""
    value = texts({"language": language, "tone": tone})
    assert_as_promised(value)
    assert (value["source"], value["language"]) == ("local", language)
    assert not any(re.search(r"[{}\[\]|~]", text["headline"] + text["primary_text"]) for text in value["variants"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_brief_says_is_used(language: str) -> None:
    """Product, brand, offer, benefit and price of the brief stand in the texts, and every text names what it is for."""
    value = texts({**DESK, "language": language, "product": "Zimtwelle", "brand": "Zimtwelle GmbH"})
    assert_as_promised(value)
    assert any("20% off" in headline for headline in headlines(value))
    assert any("less back pain" in headline.lower() for headline in headlines(value))
    said = [f"{text['headline']} {text['primary_text']}" for text in value["variants"]]
    assert any("299 €" in text for text in said)
    assert all("Zimtwelle" in text for text in said)


def test_the_golden_opening_of_a_campaign() -> None:
    """A whole brief in English: what readers of this test see is what readers of the ads get."""
    variants = texts(DESK, campaign_id="camp_1")["variants"]
    shown = [(text["angle"], text["headline"], text["primary_text"], text["call_to_action"]) for text in variants]
    assert (
        "question",
        "Looking for a standing desk?",
        "What are you waiting for? An honest question. Take a look today.",
        "Learn more",
    ) in shown
    assert {"Better days with a standing desk", "Standing desk: 20% off", "Made for busy parents"} <= {
        headline for _, headline, _, _ in shown
    }
    assert {action for angle, _, _, action in shown if angle == "offer"} == {"Get offer"}


def test_the_same_brief_gives_the_same_texts_and_another_campaign_others() -> None:
    """Outcomes are reported by variant id, so texts and ids must come back as they were."""
    first = texts(DESK)
    assert texts(dict(reversed(DESK.items()))) == first
    other = texts(DESK, campaign_id="c2")
    assert headlines(other) != headlines(first)


def test_an_id_belongs_to_its_words() -> None:
    """Two campaigns that share an id share the words, and never the other way round."""
    both = texts(DESK)["variants"] + texts(DESK, campaign_id="c2")["variants"]
    words = {(text["headline"], text["primary_text"], text["call_to_action"]): text["variant_id"] for text in both}
    assert len(words) == len({*words.values()})


@pytest.mark.parametrize(
    "brief",
    [
        {"product": None, "offer": 20, "target_audience": 7, "tone": ["fun", 3], "language": {"code": "de"}},
        {"product": "", "benefits": "", "video_ids": "not an id!", "formats": [None], "cta": ""},
        {"product": {"name": {"en": "Chair"}}, "brand": ["Acme", "Other"], "price": "free", "target_audience": []},
        {"product": "https://example.com/p/1", "brand": "  \n ", "price": -3, "currency": "EUR"},
        {"product": "{brand} [a|b] ~x {0}", "offer": "{hook}", "audience": "{product}"},
        {"product": "x" * 5000, "offer": "y " * 3000, "benefits": ["z" * 500] * 500},
        {"product": "寿司セット", "language": "de", "tone": "🎉"},
        {"product": [[[[[[["deep"]]]]]]], "price": float("1e300"), "currency": "EUR"},
    ],
)
def test_odd_briefs_still_give_fifty(brief: dict[str, Any]) -> None:
    """Wrong types, empty values, addresses, braces and floods of text do no harm."""
    assert_as_promised(texts(brief))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9999) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    brief=st.fixed_dictionaries({}, optional=dict.fromkeys(("product", "brand", "offer", "benefits", "tone"), _JSON)),
)
def test_any_brief_gives_fifty(brief: dict[str, Any]) -> None:
    """No JSON in the fields that texts are made of breaks a promise."""
    assert_as_promised(texts(brief))


def test_a_long_name_is_cut_at_a_word() -> None:
    """What is too long for a headline is shortened to whole words that still name it, or left to the primary text."""
    value = texts({"product": "wireless headphones with active noise cancelling for long flights"})
    assert_as_promised(value)
    named = [headline for headline in headlines(value) if "headphones" in headline]
    assert len(named) >= 8
    assert not any("with active" in headline or headline.endswith((" with", " for")) for headline in named)


def test_formal_tones_address_readers_formally() -> None:
    """Sie and vous where the tone is professional or premium, du and tu elsewhere, never both."""
    for language, familiar, formal in (
        ("de", r"\b(?:du|dir|dich|dein\w*|[Ss]chau|[Gg]önn|[Ff]ang|[Hh]andle)\b", r"\b(?:Sie|Ihnen|Ihr\w*)\b"),
        ("fr", r"\b(?:tu|toi|ton|ta|tes)\b", r"\b(?:vous|votre|vos)\b"),
        ("es", r"\b(?:tú|ti|tu|tus|te)\b", r"\b(?:usted|[Ll]ea|[Vv]ea|[Mm]ire|[Pp]regunte|[Ss]olicite|[Dd]escubra)\b"),
    ):
        for tone in TONES:
            said = "\n".join(
                f"{text['headline']} {text['primary_text']}"
                for text in texts({"language": language, "tone": tone})["variants"]
            )
            wanted, unwanted = (formal, familiar) if tone in {"professional", "premium"} else (familiar, formal)
            assert re.search(wanted, said), (language, tone)
            assert not re.search(unwanted, said), (language, tone, re.search(unwanted, said))


@pytest.mark.parametrize(
    ("said", "code"),
    [("de-DE", "de"), ("German", "de"), ("Deutsch", "de"), ("pt_BR", "pt"), ("Français", "fr"), ("ES", "es")],
)
def test_languages_are_recognised(said: str, code: str) -> None:
    """A code, with or without a country, or a name."""
    assert texts({"language": said})["language"] == code


def test_a_language_without_phrases_falls_back_and_says_so() -> None:
    """Japanese is asked for, English comes, and nobody is told otherwise."""
    value = texts({"language": "ja"})
    assert (value["source"], value["language"]) == ("local, in English, as there are no phrases in 'ja'", "en")


VIDEOS = {
    "hook_analysis:video:v1": {"text": ["RUN", "RUN FURTHER TODAY"]},
    "caption_generation:video:v1": {"language": "en", "text": "Hi. I tried these shoes for a whole month. Great."},
}


def test_what_is_known_of_the_videos_is_used() -> None:
    """Words on the screen become a headline, a spoken sentence is quoted; the formats are those of videos."""
    value = texts({"video_ids": ["v1"]}, results=VIDEOS)
    assert_as_promised(value)
    assert "Run further today" in headlines(value)
    assert any(
        "\u201cI tried these shoes for a whole month\u201d" in text["primary_text"] for text in value["variants"]
    )
    assert {text["format"] for text in value["variants"]} == {"feed_video", "reel", "story"}


def test_a_video_that_becomes_known_changes_few_texts() -> None:
    """Nearly all ids stay, so that the outcomes reported so far keep their texts."""
    before, after = texts({"video_ids": ["v1"]}), texts({"video_ids": ["v1"]}, results=VIDEOS)
    ids = [{text["variant_id"] for text in value["variants"]} for value in (before, after)]
    assert 45 <= len(ids[0] & ids[1]) < 50


def test_a_transcript_in_another_language_is_not_quoted() -> None:
    """A German campaign does not quote English speech; without a language of its own it takes the transcript's."""
    german = texts({"video_ids": ["v1"], "language": "de"}, results=VIDEOS)
    assert not any("shoes" in text["primary_text"] for text in german["variants"])
    spoken = {"caption_generation:video:v1": {"language": "fr", "text": "Voici une nouvelle paire de chaussures."}}
    assert texts({"video_ids": ["v1"]}, results=spoken)["language"] == "fr"


def test_the_brief_may_insist() -> None:
    """Words for the button and formats of the brief are taken as they are; the objective chooses the button."""
    value = texts({"cta": "Join the waitlist", "formats": ["pin", "banner"]})
    assert {text["call_to_action"] for text in value["variants"]} == {"Join the waitlist"}
    assert {text["format"] for text in value["variants"]} == {"pin", "banner"}
    leads = {text["call_to_action"] for text in texts({"objective": "LEAD_GENERATION"})["variants"]}
    assert leads == {"Learn more", "Sign up"}


def test_audiences_take_turns() -> None:
    """Every audience of the brief gets texts, with how near it is to buying."""
    value = texts({"target_audience": {"age": [25, 34], "interests": ["yoga", "hiking"]}})
    said = {text["audience"].split(" \u2013 ")[0] for text in value["variants"]}
    assert said == {"Yoga", "Hiking"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_phrases_of_a_language_are_whole(language: str) -> None:
    """Every angle, tone, stage and action has its words; enough headlines need no slot, and those fit the limits."""
    phrases, english = LANGUAGES[language], LANGUAGES["en"]
    names = {angle.name for angle in ANGLES}
    assert set(phrases.headlines) == set(phrases.openings) == names
    assert set(phrases.closings) == set(TONES)
    assert (set(phrases.actions), set(phrases.stages)) == (set(english.actions), set(english.stages))
    for tone, toned in phrases.toned.items():
        assert tone in TONES
        assert set(toned) <= names
    for angle in names:
        free = [phrase for phrase in phrases.headlines[angle] if not slots_of(phrase)]
        assert len(free) >= 5
        for formal in (False, True):
            said = [addressed(phrase, formal=formal) for phrase in free] + [
                toned[angle] for toned in phrases.toned.values() if angle in toned
            ]
            assert all(len(text) <= HEADLINE_LENGTH for text in said if text)
