"""What a campaign may spend in the next period, read out of whatever its brief holds."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

_TOTAL = ("budget", "totalbudget", "lifetimebudget", "campaignbudget")
_DAILY = ("dailybudget", "budgetperday", "budgetdaily")
_AMOUNT = ("amount", "value", "total", "max", "lifetime")
_GROUPED = re.compile(r"\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+(?![\d])")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
LARGEST = 1e12
"""What is more is no budget: it is in no account's currency."""


def budget_of(data: Mapping[str, Any], *, days: int) -> float | None:
    """The budget for ``days``, in the account's currency; None when the brief names none that is more than zero.

    A total is taken as it is; a daily budget counts for every day.
    """
    fields = {re.sub(r"[\W_]", "", str(key)).lower(): value for key, value in data.items()}
    total = next((amount for key in _TOTAL if (amount := _amount(fields.get(key)))), None)
    daily = next((amount for key in _DAILY if (amount := _amount(fields.get(key)))), None)
    if total is None and daily is None and isinstance(fields.get("budget"), Mapping):
        daily = _amount({str(k).lower(): v for k, v in fields["budget"].items()}.get("daily"))
    return total if total is not None else daily * days if daily is not None else None


def _amount(value: Any) -> float | None:
    if isinstance(value, Mapping):
        inner = {str(key).lower(): item for key, item in value.items()}
        return next((amount for key in _AMOUNT if (amount := _amount(inner.get(key)))), None)
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value) if 0 < value <= LARGEST else None


def _number(text: str) -> float | None:
    """The first number in ``text``: ``$1,500.50``, ``1.500 EUR``, ``2 000``, ``5k``."""
    text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found.group()), text.strip())
    found = _NUMBER.search(text)
    if not found or text[: found.start()].rstrip().endswith("-"):
        return None
    number = float(found.group().replace(",", "."))
    return number * 1_000 if re.match(r"\s?k\b", text[found.end() :], re.IGNORECASE) else number
