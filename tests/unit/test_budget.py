"""Budgets as callers write them."""

from collections.abc import Mapping
from typing import Any

import pytest

from workers.campaign.budget import budget_of


@pytest.mark.parametrize(
    ("data", "budget"),
    [
        ({"budget": 1_500}, 1_500),
        ({"budget": "1,500.50"}, 1_500.5),
        ({"budget": "$5k"}, 5_000),
        ({"budget": "1.500 EUR"}, 1_500),
        ({"budget": "2 000 €"}, 2_000),
        ({"budget": {"amount": "300", "currency": "EUR"}}, 300),
        ({"budget": {"daily": 10}}, 140),
        ({"daily_budget": 10}, 140),
        ({"dailyBudget": "10"}, 140),
        ({"totalBudget": 99}, 99),
        ({"budget": 0}, None),
        ({"budget": -3}, None),
        ({"budget": "-3"}, None),
        ({"budget": True}, None),
        ({"budget": float("nan")}, None),
        ({"budget": "a lot"}, None),
        ({"budget": [100]}, None),
        ({}, None),
    ],
)
def test_a_budget_of_any_form(data: Mapping[str, Any], budget: float | None) -> None:
    """Numbers, texts, objects and daily budgets are read; what is no amount is none."""
    assert budget_of(data, days=14) == budget
