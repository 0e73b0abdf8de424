"""Local wording: a caption that fits and hashtags that tell something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.video.wording import CAPTION_LENGTH, HASHTAGS, NEUTRAL_CAPTION, hashtags_of, shortened, worded_locally

TALK = (
    "Hello everyone. Today we look at the space telescope. The telescope will see the first galaxies, "
    "and every galaxy has a story. Thanks for watching."
)


def test_the_most_telling_sentence_is_the_caption() -> None:
    """Greetings and thanks lose to the sentence with the words the talk is about."""
    wording = worded_locally(TALK, language="en")
    assert wording.caption == "The telescope will see the first galaxies, and every galaxy has a story."
    assert wording.hashtags[0] == "#Telescope"
    assert wording.source == "local"


def test_the_title_leads() -> None:
    """A title stands before the sentence, and its words come first among the hashtags."""
    wording = worded_locally(TALK, title="Webb unfolds", language="en")
    assert wording.caption == ("Webb unfolds: The telescope will see the first galaxies, and every galaxy has a story.")
    assert wording.hashtags[:2] == ("#Webb", "#Unfolds")


def test_a_question_keeps_its_mark() -> None:
    """No colon follows a question mark."""
    assert worded_locally("It is free.", title="Why wait?", language="en").caption == "Why wait? It is free."


def test_a_title_too_long_for_a_sentence_stands_alone() -> None:
    """Title and sentence are not squeezed into one caption."""
    title = "A title of many words " * 6
    assert worded_locally(TALK, title=title.strip(), language="en").caption == title.strip()


def test_without_words_and_title() -> None:
    """Nothing to go by gives a neutral caption and claims no subject."""
    wording = worded_locally("")
    assert (wording.caption, wording.hashtags) == (NEUTRAL_CAPTION, ())


def test_a_title_alone_is_the_caption() -> None:
    """A video without speech is captioned by its title."""
    wording = worded_locally("", title="Sunset over Lisbon")
    assert (wording.caption, wording.hashtags) == ("Sunset over Lisbon", ("#Sunset", "#Lisbon"))


@pytest.mark.parametrize(
    ("language", "text", "first"),
    [
        ("de", "Heute backen wir einen Kuchen, und der Kuchen wird gut.", "#Kuchen"),
        ("fr", "Voilà une recette, et cette recette est très simple.", "#Recette"),
        ("es", "Hoy vamos a ver una receta, y la receta es fácil.", "#Receta"),
        ("ru", "Пирог очень вкусный, пирог готов.", "#Пирог"),
        ("zh", "天地玄黄。宇宙洪荒。天地玄黄。", "#天地玄黄"),
        (None, "Una ricetta semplice, la ricetta per tutti.", "#Ricetta"),
    ],
)
def test_hashtags_in_other_languages(language: str | None, text: str, first: str) -> None:
    """The word said most is first; words that say nothing in that language are left out."""
    assert worded_locally(text, language=language).hashtags[0] == first


def test_hashtags_have_no_signs_and_no_twins() -> None:
    """Phrases become one word, numbers alone and doubles go, six stay at most."""
    assert hashtags_of(["#space telescope", "Space Telescope", "don't", "42", "a", "x" * 40, "été!"]) == (
        "#SpaceTelescope",
        "#Dont",
        "#Été",
    )
    assert len(hashtags_of([f"word{n}" for n in range(20)])) == HASHTAGS


def test_captions_are_cut_after_a_word() -> None:
    """A long text ends with a whole word and a sign that there is more."""
    cut = shortened("word " * 29 + "halfway through, and more")
    assert cut == "word " * 28 + "word…"
    assert len(shortened("x" * 200)) == CAPTION_LENGTH


@given(st.text(max_size=400), st.text(max_size=200).map(str.strip))
def test_any_text_gives_a_caption_that_fits(text: str, title: str) -> None:
    """Whatever is said, the caption is one line of 1 to 150 characters and hashtags are ``#Word``."""
    wording = worded_locally(text, title=" ".join(title.split()))
    assert 1 <= len(wording.caption) <= CAPTION_LENGTH
    assert wording.caption == " ".join(wording.caption.split())
    assert len(wording.hashtags) <= HASHTAGS
    assert all(tag[0] == "#" and tag[1:].replace("_", "a").isalnum() for tag in wording.hashtags)
