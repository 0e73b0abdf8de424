"""A caption and hashtags for posting, worded out of what is said and the title."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from precompute.clean_text import clean
from workers.video.stop_words import STOP_WORDS

CAPTION_LENGTH = 150
"""Most characters of a caption: about what feeds show before they cut it off."""

HASHTAGS = 6
"""Most hashtags."""

NEUTRAL_CAPTION = "Have a look at this video."
"""For a video without speech and without a title."""

_TITLE_WEIGHT = 3
_SENTENCE = re.compile(r"[^.!?…\u3002\uff01\uff1f\u0964]+[.!?…\u3002\uff01\uff1f\u0964]*")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_LONGEST_HASHTAG = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a post with the video could say.

    Attributes:
        caption: At most 150 characters.
        hashtags: At most six, each ``#Word``, most telling first.
        source: Who worded it: ``local``, ``openai`` or ``anthropic``; and why, where another was asked first.
    """

    caption: str
    hashtags: tuple[str, ...]
    source: str


def worded_locally(text: str, *, title: str = "", language: str | None = None, source: str = "local") -> Wording:
    """The most telling sentence of ``text`` after the title, and its most frequent telling words.

    Args:
        text: Everything that is said; may be empty.
        title: Of the video; may be empty.
        language: ISO 639-1 code of ``text``, for the words that tell nothing; all known ones when None.
        source: Put into the result as it is.
    """
    weights = _keyword_weights(text, title=title, language=language)
    sentence = _most_telling(_sentences(text), weights=weights)
    if title and sentence and len(title) + len(sentence) + 3 <= CAPTION_LENGTH:
        caption = f"{title.rstrip('.')}{'' if title[-1] in '!?' else ':'} {sentence}"
    else:
        caption = title or sentence or NEUTRAL_CAPTION
    hashtags = hashtags_of(word for word, _ in weights.most_common())
    # Nothing may be left of a text of marks that nobody sees.
    return Wording(caption=shortened(caption) or NEUTRAL_CAPTION, hashtags=hashtags, source=source)


def shortened(text: str) -> str:
    """``text`` in one line of at most 150 characters, cut after a word."""
    text = " ".join(clean(text).split())
    if len(text) <= CAPTION_LENGTH:
        return text
    kept = text[:CAPTION_LENGTH]
    at_word = kept.rpartition(" ")[0]
    return (at_word or kept[:-1]).rstrip(" ,;:-") + "…"


def hashtags_of(phrases: Iterable[str]) -> tuple[str, ...]:
    """The first six different phrases that make a hashtag, without spaces and signs, each part starting large."""
    found: dict[str, str] = {}
    for phrase in phrases:
        parts = re.findall(r"\w+", phrase.replace("'", "").replace("\u2019", ""))
        tag = "".join(part[:1].upper() + part[1:] for part in parts)
        if 2 <= len(tag) <= _LONGEST_HASHTAG and not tag.isdigit():
            found.setdefault(tag.casefold(), f"#{tag}")
    return tuple(found.values())[:HASHTAGS]


def _keyword_weights(text: str, *, title: str, language: str | None) -> Counter[str]:
    """Words that tell something, by how often they are said; in the title they count three times as much."""
    ignored = STOP_WORDS.get(language or "") or frozenset().union(*STOP_WORDS.values())
    weights: Counter[str] = Counter()
    for source, weight in ((title, _TITLE_WEIGHT), (text, 1)):
        for word in _WORD.findall(source):
            folded = word.casefold().replace("\u2019", "'")
            if len(word) > 2 or not word.isascii():
                weights[folded] += 0 if folded in ignored else weight
    return Counter({word: weight for word, weight in weights.items() if weight})


def _sentences(text: str) -> Sequence[str]:
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]


def _most_telling(sentences: Sequence[str], *, weights: Counter[str]) -> str:
    """The sentence with the most weight among those short enough for a caption; earlier ones win a tie."""
    fitting = [sentence for sentence in sentences if len(sentence) <= CAPTION_LENGTH] or sentences
    return max(fitting, key=lambda s: sum(weights[w.casefold()] for w in set(_WORD.findall(s))), default="")
