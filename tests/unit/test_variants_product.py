"""What is advertised, inside sentences: right articles, right plurals, and nothing where neither can be known."""

import pytest

from workers.campaign.product import product_of


@pytest.mark.parametrize(
    ("text", "some", "known"),
    [
        ("standing desk", "a standing desk", "the standing desk"),
        ("A standing desk", "a standing desk", "the standing desk"),
        ("electric car", "an electric car", "the electric car"),
        ("hour-long massage", "an hour-long massage", "the hour-long massage"),
        ("university course", "a university course", "the university course"),
        ("unusual lamp", "an unusual lamp", "the unusual lamp"),
        ("user guide", "a user guide", "the user guide"),
        ("European tour", None, None),
        ("SEO tool", "an SEO tool", "the SEO tool"),
        ("CRM system", "a CRM system", "the CRM system"),
        ("8-week programme", "an 8-week programme", "the 8-week programme"),
        ("running shoes", "running shoes", "the running shoes"),
        ("shoes for an athlete", "shoes for an athlete", "the shoes for an athlete"),
        ("glass of wine", "a glass of wine", "the glass of wine"),
        ("yoga class", "a yoga class", "the yoga class"),
        ("coffee", "coffee", "the coffee"),
        ("accounting software", "accounting software", "the accounting software"),
        ("online coaching", "online coaching", "the online coaching"),
        ("Notion", None, None),
        ("Standing Desk", None, None),
        ("AirPods Pro 2", "AirPods Pro 2", "AirPods Pro 2"),
        ("iPhone 17", "iPhone 17", "iPhone 17"),
    ],
)
def test_english_articles(text: str, some: str | None, known: str | None) -> None:
    """Ordinary nouns get an article by number and sound; what may be a name or a noun gets none of these forms."""
    product = product_of(text, brand=None, language="en")
    assert (product.some, product.known) == (some, known)


def test_a_brand_makes_a_name() -> None:
    """A product that holds its brand needs no article; one that goes on in ordinary words stays outside sentences."""
    assert product_of("Acme Runner", brand="Acme", language="en").some == "Acme Runner"
    assert product_of("Acme running shoes", brand="Acme", language="en").some is None


def test_other_languages_need_a_name() -> None:
    """Where gender and case cannot be known, only certain names stand inside sentences."""
    assert product_of("Laufschuhe", brand=None, language="de").some is None
    assert product_of("iPhone 17", brand=None, language="de").some == "iPhone 17"


def test_shorter_forms_are_whole() -> None:
    """First without what follows the noun; then names and Romance nouns lose words at their end, English nouns none."""
    desk = product_of("standing desk for small homes", brand=None, language="en")
    assert [(one.name, one.some) for one in desk.shorter()] == [
        ("standing desk for small homes", "a standing desk for small homes"),
        ("standing desk", "a standing desk"),
    ]
    name = product_of("Acme Ultra Runner X", brand="Acme", language="en")
    assert [one.name for one in name.shorter()] == ["Acme Ultra Runner X", "Acme Ultra Runner", "Acme Ultra"]
    shoes = product_of("chaussures de course pour femmes", brand=None, language="fr")
    assert [one.name for one in shoes.shorter()][:2] == ["chaussures de course pour femmes", "chaussures de course"]
