"""What is advertised, in the forms that a sentence may need."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ARTICLE = re.compile(r"(?i)^(?:an?|the|our|my|your|this)\s+(?=\w)")
_TAIL = re.compile(
    r"\s+(?:for|with|that|which|who|to|in|from|by|and|für|mit|von|und|zum|zur|pour|avec|et|qui|para|con|com|y|que)\s.*$"
)
_LOOSE_ENDS = re.compile(r"(?:\s+(?:and|or|of|for|with|the|a|an|in|to|de|du|des|la|le|les|und|für|mit|y|e|et|&))+$")
_HEAD_OF = re.compile(r"\s+(?:for|with|of|in|from|by|to|on|that|which)\s")
_SAID_WITH_VOWEL = re.compile(r"(?:[aeiou]|hour|hono|heir|honest|8|11\b|18\b)", re.IGNORECASE)
_SAID_WITH_CONSONANT = re.compile(r"(?:uni(?!n|m)|us[aeiu]|u[tr][ie]|eu|ewe|one\b|once)", re.IGNORECASE)
_LETTERS_WITH_VOWEL = frozenset("AEFHILMNORSX")
_UNCOUNTED = re.compile(
    r"accounting|advice|beer|bread|cheese|chocolate|clothing|coffee|content|electricity|energy|equipment|fashion|food"
    r"|furniture|help|insurance|internet|jewell?e?ry|juice|luggage|make-?up|meat|milk|music|news|nutrition|oil|paint|pasta"
    r"|research|rice|soap|support|tea|travel|water|wine|wood|work|yoga|fitness|\w+(?:ware|care|ing|wear)"
)
_PLURAL = re.compile(r"children|feet|mice|people|teeth|\w*men|\w+(?<!s)(?<!u)(?<!i)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product's name as it can stand by itself, and inside a sentence where that is safe.

    Attributes:
        name: Stands before a colon, after a dash: right in any language, whatever kind of noun it is.
        some: In an English sentence for one the reader has not met (``a standing desk``, ``running shoes``); None when
            it cannot be known whether it takes an article.
        known: The same with ``the``.
    """

    name: str
    some: str | None = None
    known: str | None = None

    def shorter(self) -> Iterator["Product"]:
        """Itself and then ever shorter forms.

        First without what follows the noun (``for women``); then, of a name or where the noun comes first, without
        words at the end, down to two.
        """
        yield self
        short = _TAIL.sub("", self.name)
        if short != self.name:
            yield Product(name=short, some=_cut(self.some), known=_cut(self.known))
        words = short.split()
        front = self.some is None or self.some == self.name == self.known
        while front and len(words) > 2:
            words = words[:-1]
            yield Product(name=_LOOSE_ENDS.sub("", " ".join(words)))


def product_of(text: str, *, brand: str | None, language: str) -> Product:
    """The forms of ``text``, which is not empty and has no sentence's punctuation."""
    article = _ARTICLE.match(text) if language == "en" else None
    name = text[article.end() :] if article else text
    if is_name(name, brand=brand):
        return Product(name=name, some=name, known=name)
    if language != "en" or not (article or _all_ordinary(name)):
        return Product(name=name)
    return Product(name=name, some=name if _takes_no_article(name) else f"{_article(name)} {name}", known=f"the {name}")


def is_name(text: str, *, brand: str | None) -> bool:
    """Whether it certainly is a proper name: every word starts like one, and it holds the brand or inner capitals."""
    words = text.split()
    if not all(word[0].isupper() or word[0].isdigit() or re.search(r"[a-z][A-Z]", word) for word in words):
        return False
    return (brand is not None and brand in text) or any(re.search(r"[a-z][A-Z]|[A-Za-z]\d", word) for word in words)


def _cut(text: str | None) -> str | None:
    return None if text is None else _TAIL.sub("", text)


def _all_ordinary(name: str) -> bool:
    words = name.split()
    return any(word.islower() for word in words) and all(word == word.lower() or word.isupper() for word in words)


def _takes_no_article(name: str) -> bool:
    head = _HEAD_OF.split(name, maxsplit=1)[0].split()[-1].lower()
    return bool(_PLURAL.fullmatch(head) or _UNCOUNTED.fullmatch(head))


def _article(name: str) -> str:
    word = re.split(r"[\s-]", name, maxsplit=1)[0]
    if word.isupper() or (len(word) == 1 and word.isalpha()):
        vowel = word[0].upper() in _LETTERS_WITH_VOWEL
    else:
        vowel = bool(_SAID_WITH_VOWEL.match(word)) and not _SAID_WITH_CONSONANT.match(word)
    return "an" if vowel else "a"
