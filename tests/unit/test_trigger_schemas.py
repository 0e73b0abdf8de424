"""What the triggers for campaigns, logins and batches take, and their examples, held against their schemas."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from api import trigger_examples as examples
from api import trigger_schemas as schemas

TAKEN = [
    (schemas.CampaignTriggerSchema, examples.CAMPAIGN_TRIGGER),
    (schemas.LoginTriggerSchema, examples.LOGIN_TRIGGER),
    (schemas.BatchSchema, examples.BATCH),
]

ANSWERED = [
    (schemas.CampaignReceiptSchema, examples.CAMPAIGN_RECEIPT),
    (schemas.LoginReceiptSchema, examples.LOGIN_RECEIPT),
    (schemas.PredictionSchema, examples.PREDICTION),
    (schemas.BatchReceiptSchema, examples.BATCH_RECEIPT),
]


@pytest.mark.parametrize(("schema", "example"), TAKEN)
def test_what_the_document_sends_is_taken(schema: type[Schema], example: Any) -> None:
    """Each example of a request fits, and loses nothing."""
    assert schema().load(example) == example


@pytest.mark.parametrize(("schema", "example"), ANSWERED)
def test_what_the_document_answers_is_answered(schema: type[Schema], example: Any) -> None:
    """Each example of an answer is what its schema makes of it."""
    assert schema().dump(example) == example


@pytest.mark.parametrize("budget", [0, 12.5, "500 EUR", {"daily": 20}, None, " "])
def test_budgets_are_taken_as_callers_write_them(budget: Any) -> None:
    """A brief is free, so the budget is kept as it is."""
    sent = {"campaign_id": "c1", "user_id": "u1", "campaign_data": {"budget": budget}}
    assert schemas.CampaignTriggerSchema().load(sent) == sent


@pytest.mark.parametrize(
    "budget", [True, False, [], [5], 1e308, -0.01, {"total": 1e308}, {"daily": -1}, "abc", {"total": "?"}]
)
def test_a_budget_that_is_no_amount_is_named(budget: Any) -> None:
    """Rather than kept, and taken for none."""
    sent = {"campaign_id": "c1", "user_id": "u1", "campaign_data": {"budget": budget}}
    with pytest.raises(ValidationError) as flaw:
        schemas.CampaignTriggerSchema().load(sent)
    assert list(flaw.value.messages["campaign_data"]) == ["budget"]


def test_what_is_no_object_in_a_batch_is_left_to_its_own_result() -> None:
    """The batch around it is taken."""
    sent = {"videos": [None, 5, "x", []], "campaigns": [None], "logins": [True]}
    assert schemas.BatchSchema().validate(sent) == {}


def test_a_batch_holds_a_thousand_in_all() -> None:
    """Over the three kinds together; one more is refused."""
    most = {"videos": [{}] * 400, "campaigns": [{}] * 300, "logins": [{}] * 300}
    assert schemas.BatchSchema().validate(most) == {}
    with pytest.raises(ValidationError, match="1001"):
        schemas.BatchSchema().load({**most, "logins": [{}] * 301})
