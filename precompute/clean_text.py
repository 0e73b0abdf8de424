"""Text as people see it: without characters that are invisible, control a terminal or turn the direction of others."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_JOINERS = "\u200c\u200d"
"""Persian and Indic words are written with them, and emoji are put together by the second."""

_LINES = "\n\t"

_NEVER = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's categories: control, format (every bidirectional override and isolate, zero-width space, byte order mark,
tags) and half of a character. Right-to-left scripts need none of them: their direction is told by their letters."""

_SUSPECT = re.compile("[^\x20-\x7e\xa1-\xac\xae-\u05ff]")


def clean(text: str) -> str:
    """``text`` without control and format characters; line breaks, tabs and the two joiners of words stay."""
    if not _SUSPECT.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in text if one in _LINES or one in _JOINERS or unicodedata.category(one) not in _NEVER)


def cleaned(value: Any, *, but: frozenset[str] = frozenset()) -> Any:
    """JSON with every text in it cleaned, names of fields among them.

    Args:
        value: Whatever callers send.
        but: Fields of the outermost object that are no text for people, as addresses, and stay as they are.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        named = {clean(name) if isinstance(name, str) else name: one for name, one in value.items()}
        return {name: one if name in but else cleaned(one) for name, one in named.items()}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value
