"""Phrases of a language, filled with what a brief says: grammatical, within the limits, the same each time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from workers.campaign.angles import ANGLES, STILL_FORMATS, VIDEO_FORMATS, Angle
from workers.campaign.brief import Brief
from workers.campaign.phrases import Phrases, addressed, slots_of
from workers.campaign.product import Product

HEADLINE_LENGTH = 40
"""Most characters of a headline: what Meta shows on phones (docs/variants.md, "Lengths")."""

PRIMARY_TEXT_LENGTH = 125
"""Most characters of a primary text: what Meta shows before "See more"."""

ACTION_LENGTH = 30
"""Most characters on a button."""

FROM_VIDEO = frozenset({"hook", "quote"})
"""Slots that only a campaign's videos fill."""

NAMES = frozenset({"product", "a_product", "the_product", "brand"})
"""Slots that say what is advertised."""

VIDEO_TURN = 3
"""Which headline of its angle is the one from a video: late, so that a video that becomes known changes few others."""

_Said = tuple[str, frozenset[str]]  # a filled phrase, and the slots it had
_SENTENCE = re.compile(r"(^|[.!?]\s+)(\w+)")
_ENDED = re.compile(r"([!?…])[.:](?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text before it is known whether it is distinct; the names are those of a variant."""

    headline: str
    primary_text: str
    call_to_action: str
    angle: str
    format: str
    audience: str

    @property
    def variant_id(self) -> str:
        """Follows from the words alone, so that outcomes always meet the words that earned them."""
        words = "\n".join((self.headline, self.primary_text, self.call_to_action))
        return "v" + sha256(words.encode()).hexdigest()[:10]


def drafts_of(angle: Angle, *, brief: Brief, phrases: Phrases) -> list[Draft]:
    """Every draft of one angle, best first: phrases that name what the brief says take turns with those that do not."""
    openings = _openings(angle, brief=brief, phrases=phrases)
    drafts = []
    for turn, (headline, slots) in enumerate(_headlines(angle, brief=brief, phrases=phrases)):
        told, own = _unlike(headline, openings, turn=turn)
        text = told + _closing(
            told, own, named=bool((slots | own) & NAMES), turn=turn, angle=angle, brief=brief, phrases=phrases
        )
        drafts.append(_draft(headline, text, turn=turn, angle=angle, brief=brief, phrases=phrases))
    return drafts


def audience_of(angle: Angle, *, turn: int, brief: Brief, phrases: Phrases) -> str:
    """Whom a text is for: one of the brief's audiences, in turn, and how near they are to buying."""
    who = _in_turn(brief.audiences, turn) if brief.audiences else phrases.everyone
    return f"{_sentence_case(who)} \u2013 {phrases.stages[angle.stage]}"


def format_of(angle: Angle, *, turn: int, brief: Brief) -> str:
    """Where a text goes: one of the brief's formats, in turn, or of those that suit what the campaign has to show."""
    formats = brief.formats or (VIDEO_FORMATS if brief.video_ids else STILL_FORMATS)
    return _in_turn(formats, turn + ANGLES.index(angle))


def action_of(angle: Angle, *, turn: int, brief: Brief, phrases: Phrases) -> str:
    """Words for the button: what the brief insists on, else what the angle's readers are ready for."""
    if brief.actions:
        return _in_turn(brief.actions, turn)
    if angle.name == "offer" and "offer" in brief.slots and brief.goal in {None, "shop_now"}:
        return phrases.actions["get_offer"]
    if angle.stage in {"ready", "returning"}:
        priced = brief.slots.keys() & {"price", "offer", "discount"}
        return phrases.actions[brief.goal or ("shop_now" if priced else "learn_more")]
    return phrases.actions["watch_more" if angle.name == "story" and brief.video_ids else "learn_more"]


def _draft(headline: str, text: str, *, turn: int, angle: Angle, brief: Brief, phrases: Phrases) -> Draft:
    return Draft(
        headline=headline,
        primary_text=text,
        call_to_action=action_of(angle, turn=turn, brief=brief, phrases=phrases),
        angle=angle.name,
        format=format_of(angle, turn=turn, brief=brief),
        audience=audience_of(angle, turn=turn, brief=brief, phrases=phrases),
    )


def _headlines(angle: Angle, *, brief: Brief, phrases: Phrases) -> list[_Said]:
    written = _written(phrases.headlines[angle.name], longest=HEADLINE_LENGTH, brief=brief, phrases=phrases)
    toned = phrases.toned.get(brief.tone, {}).get(angle.name)
    specific = [one for one in written if one[1] and not one[1] & FROM_VIDEO]
    general = [one for one in written if not one[1]]
    mixed = [(toned, frozenset[str]())] if toned else []
    mixed += _alternating(specific, general)
    return mixed[:VIDEO_TURN] + [one for one in written if one[1] & FROM_VIDEO] + mixed[VIDEO_TURN:]


def _openings(angle: Angle, *, brief: Brief, phrases: Phrases) -> list[_Said]:
    written = _written(phrases.openings[angle.name], longest=PRIMARY_TEXT_LENGTH, brief=brief, phrases=phrases)
    from_video = [one for one in written if one[1] & FROM_VIDEO]
    others = [one for one in written if not one[1] & FROM_VIDEO]
    return others[:VIDEO_TURN] + from_video + others[VIDEO_TURN:]


def _unlike(headline: str, openings: Sequence[_Said], *, turn: int) -> _Said:
    """The opening whose turn it is, or the next that does not just repeat the headline."""
    in_turn = [openings[(turn + step) % len(openings)] for step in range(len(openings))]
    return next((one for one in in_turn if headline.casefold() not in one[0].casefold()), in_turn[0])


def _closing(
    told: str, slots: frozenset[str], *, named: bool, turn: int, angle: Angle, brief: Brief, phrases: Phrases
) -> str:
    """What is added to an opening, with a space before it; empty where nothing fits that has not been said.

    What is advertised gets its name here, unless headline or opening have named it.
    """
    room = PRIMARY_TEXT_LENGTH - len(told) - 1
    written = _written(phrases.closings[brief.tone], longest=room, brief=brief, phrases=phrases)
    fresh = [one for one in written if not one[1] & slots]
    fitting = [text for text, own in fresh if bool(own & NAMES) is not named] or [text for text, _ in fresh]
    return f" {_in_turn(fitting, turn + ANGLES.index(angle))}" if fitting else ""


def _written(templates: Iterable[str], *, longest: int, brief: Brief, phrases: Phrases) -> list[_Said]:
    """The phrases that can be said of this brief, with the slots they hold, in the campaign's own order."""
    found = []
    for template in sorted(templates, key=lambda one: sha256(f"{brief.campaign_id}\n{one}".encode()).digest()):
        phrase = addressed(template, formal=brief.formal)
        text = _filled(phrase, longest=longest, brief=brief, phrases=phrases) if phrase else None
        if text:
            found.append((text, slots_of(template)))
    return found


def _filled(phrase: str, *, longest: int, brief: Brief, phrases: Phrases) -> str | None:
    """The phrase with its slots filled, the product as long as there is room for; None where something is missing."""
    known = dict(brief.slots)
    if "offer" not in known and "discount" in known:
        known["offer"] = phrases.discount.format(percent=known["discount"])
    for product in brief.product.shorter() if brief.product else [None]:
        words = known | _forms(product)
        if slots_of(phrase) <= words.keys():
            text = _ENDED.sub(r"\1", _sentence_case(phrase.format_map(words)))
            if len(text) <= longest:
                return text
    return None


def _forms(product: Product | None) -> dict[str, str]:
    if product is None:
        return {}
    forms = {"product": product.name, "a_product": product.some, "the_product": product.known}
    return {name: form for name, form in forms.items() if form}


def _sentence_case(text: str) -> str:
    """Sentences begin with a capital, unless the word is written in a way of its own (``iPhone``)."""

    def begun(match: re.Match[str]) -> str:
        word = match[2]
        return match[1] + (word[0].upper() + word[1:] if word.islower() else word)

    return _SENTENCE.sub(begun, text)


def _alternating(first: Sequence[_Said], second: Sequence[_Said]) -> Iterator[_Said]:
    for turn in range(max(len(first), len(second))):
        yield from first[turn : turn + 1]
        yield from second[turn : turn + 1]


def _in_turn(choices: Sequence[str], turn: int) -> str:
    return choices[turn % len(choices)]
