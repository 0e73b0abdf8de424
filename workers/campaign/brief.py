"""What a campaign's brief says, read out of whatever the trigger brought."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from precompute.clean_text import clean
from workers.campaign.product import Product, is_name, product_of

_KEYS = {
    "product": ("product", "productname", "service", "servicename", "item"),
    "brand": ("brand", "brandname", "company", "companyname", "advertiser"),
    "offer": ("offer", "promotion", "promo", "deal", "discounttext"),
    "discount": ("discount", "discountpercent", "percentoff"),
    "price": ("price",),
    "currency": ("currency",),
    "audience": ("targetaudience", "audience", "target", "persona"),
    "interest": ("interests", "interest"),
    "benefit": ("benefits", "benefit", "usp", "usps", "sellingpoints", "features", "keybenefits"),
    "proof": ("socialproof", "proof", "testimonial", "testimonials", "rating"),
    "tone": ("tone", "toneofvoice", "voice", "style"),
    "language": ("language", "lang", "locale"),
    "objective": ("objective", "goal", "campaigngoal", "campaignobjective"),
    "action": ("calltoaction", "cta"),
    "format": ("formats", "format", "placements"),
    "video": ("videoids", "videos", "videoid", "video"),
}
_INNER_KEYS = ("name", "title", "text", "label", "description", "value", "videoid", "id")
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "BRL": "R$", "JPY": "¥", "CHF": "CHF"}
_TONES = {
    "professional": r"profes|profis|formal|förm|serio|sério|séri|seriö|sachlich|business|corporate|b2b|expert|trust",
    "premium": r"premium|luxu|luxe|lujo|luxo|elegan|élégan|exclusiv|exklusiv|edel|refined|sophisticat|raffin",
    "playful": r"play|fun\b|funny|humo|casual|cheeky|quirky|locker|witzig|lustig|verspielt|ludi|drôle|divert|engraç",
    "urgent": r"urgen|dringend|pressing|direct|direkt|hard|aggress",
}
_LANGUAGES = {
    "en": r"english|englisch|anglais|ingl[eé]s",
    "de": r"german|deutsch|allemand|alem[aã]",
    "fr": r"french|franz|fran[cç]|franc",
    "es": r"spanish|spanisch|espa[nñ]|castell",
    "pt": r"portug",
}
_GOALS = {
    "sign_up": r"lead|sign|regist|subscri|newsletter|webinar|trial",
    "download": r"app|install|download",
    "book_now": r"book|appoint|reserv|visit|termin|buch",
    "shop_now": r"sale|sell|conver|purchas|shop|revenue|roas|verk|vent|vend",
}
_QUOTES = " \"'\u201c\u201d\u201e\u00ab\u00bb"
_PRODUCT_LENGTH, _PHRASE_LENGTH = 70, 60
_AUDIENCE_LENGTH = 30
_PEOPLE = re.compile(r"(?:\w*[^s\W]s|\w*(?:men|people|folk)|children|everyone|anyone)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is known of a campaign; None or empty where the brief says nothing usable.

    Attributes:
        campaign_id: Seeds every choice among phrases.
        language: Asked for, ISO 639-1 where it could be told; None when not said.
        tone: ``neutral``, ``playful``, ``professional``, ``premium`` or ``urgent``.
        product: What is advertised.
        slots: What phrases may hold besides the product: ``brand``, ``offer``, ``price``, ``audience``, ``interest``,
            ``benefit``, ``proof``, ``hook`` and ``quote``; each in one line, without a full stop at its end.
        audiences: Who is to be reached, as the brief names them, for labels.
        goal: Name of the action on the button that the objective asks for; None when not said.
        actions: Words for the button that the brief insists on.
        formats: Formats that the brief insists on.
        video_ids: Of the campaign's videos.
        given: The brief itself, for a service that words it.
    """

    campaign_id: str
    language: str | None
    tone: str
    product: Product | None
    slots: Mapping[str, str]
    audiences: tuple[str, ...]
    goal: str | None
    actions: tuple[str, ...]
    formats: tuple[str, ...]
    video_ids: tuple[str, ...]
    given: Mapping[str, Any]

    @property
    def formal(self) -> bool:
        """Whether readers are addressed formally, where a language makes the difference."""
        return self.tone in {"professional", "premium"}


def brief_of(data: Mapping[str, Any], *, campaign_id: str) -> Brief:
    """The brief in ``data``, whatever it holds: wrong types and unknown keys say nothing."""
    fields = _fields(data)
    said = {name: tuple(_texts(fields.get(name))) for name in _KEYS}
    language = _language(said["language"])
    brand = _first(said["brand"], longest=_AUDIENCE_LENGTH)
    name = _product_text(said["product"]) or brand
    product = product_of(name, brand=brand, language=language or "en") if name else None
    if brand is None and name and is_name(name, brand=None):
        brand = name
    slots = {
        "brand": brand,
        "offer": _first(said["offer"]),
        "discount": _discount(fields.get("discount")),
        "price": _price(fields),
        "audience": _spoken_audience(said["audience"], language=language or "en"),
        "interest": next((text for text in said["interest"] if text.replace(" ", "").isalpha()), None),
        "benefit": _first(said["benefit"]),
        "proof": _first(said["proof"]),
    }
    return Brief(
        campaign_id=campaign_id,
        language=language,
        tone=_matching(_TONES, " ".join(said["tone"])) or "neutral",
        product=product,
        slots={name: text for name, text in slots.items() if text},
        audiences=tuple(dict.fromkeys(said["audience"] + said["interest"])),
        goal=_matching(_GOALS, " ".join(said["objective"])),
        actions=tuple(text for text in said["action"] if len(text) <= _AUDIENCE_LENGTH),
        formats=said["format"],
        video_ids=said["video"],
        given=data,
    )


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Values by our names for them; what is said of the product or the audience in an inner object counts as well."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        plain = re.sub(r"[\W_]", "", str(key)).lower()
        name = next((name for name, keys in _KEYS.items() if plain in keys), None)
        if name in {"product", "brand", "audience"} and isinstance(value, Mapping):
            flat = {**_fields({k: v for k, v in value.items() if k != "name"}), **flat}
        if name and value not in (None, "", [], {}):
            flat.setdefault(name, value)
    return flat


def _texts(value: Any, *, deep: int = 4) -> Iterator[str]:
    """The lines in a value of any type, up to ``deep`` levels down, without addresses, quotes and a last full stop."""
    if isinstance(value, str):
        text = re.sub(r"\s+", " ", clean(value)).strip(_QUOTES).rstrip(" .,;:!-\u2013")
        if text and "://" not in text and re.search(r"\w", text):
            yield text
    elif isinstance(value, Mapping) and deep:
        inner = {re.sub(r"[\W_]", "", str(key)).lower(): item for key, item in value.items()}
        yield from _texts(next((inner[key] for key in _INNER_KEYS if key in inner), None), deep=deep - 1)
    elif isinstance(value, list | tuple) and deep:
        for item in value[:20]:
            yield from _texts(item, deep=deep - 1)


def _first(texts: tuple[str, ...], *, longest: int = _PHRASE_LENGTH) -> str | None:
    return next((text for text in texts if len(text) <= longest), None)


def _matching(patterns: Mapping[str, str], text: str) -> str | None:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE)), None)


def _language(said: tuple[str, ...]) -> str | None:
    if not said:
        return None
    code = re.fullmatch(r"([A-Za-z]{2})(?:[-_][A-Za-z]{2,4})?", said[0])
    return code[1].lower() if code else _matching(_LANGUAGES, said[0]) or said[0].lower()[:20]


def _product_text(said: tuple[str, ...]) -> str | None:
    """The noun phrase at the start of what may be a description, cut at a word if that is still long."""
    if not said:
        return None
    text = re.split(r"\s*[.;:,!?(\[|]\s*|\s+[\u2013\u2014-]\s+", said[0], maxsplit=1)[0].strip()
    if len(text) > _PRODUCT_LENGTH:
        text = text[: _PRODUCT_LENGTH + 1].rpartition(" ")[0]
    return text or None


def _discount(value: Any) -> str | None:
    text = re.sub(r"[\s%]", "", str(value)) if isinstance(value, int | float | str) else ""
    return text if re.fullmatch(r"[1-9]\d?(?:\.\d)?", text) else None


def _price(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("price")
    if isinstance(value, str):
        return _first(tuple(_texts(value)), longest=15)
    currency = fields.get("currency")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
        return None
    if not isinstance(currency, str) or not re.fullmatch(r"\s*(?:[A-Za-z]{3}|[€$£¥])\s*", currency):
        return None
    amount = f"{value:.2f}".removesuffix(".00")
    symbol = _SYMBOLS.get(currency.strip().upper(), currency.strip().upper())
    return f"{symbol}{amount}" if symbol in {"$", "£", "¥"} else f"{amount} {symbol}"


def _spoken_audience(said: tuple[str, ...], *, language: str) -> str | None:
    """An audience that can be named inside a sentence: a few words for people, no age brackets, no data."""
    for text in said:
        fits = len(text) <= _AUDIENCE_LENGTH and all(word.isalpha() for word in re.split(r"[\s'\u2019&-]+", text))
        if fits and (language != "en" or _PEOPLE.search(text)):
            return text
    return None
