"""Schemathesis holds the answers against the document, with all of its checks; ``make fuzz`` does so at length."""

from typing import Any

import pytest
import schemathesis
from api_bench import ApiBench
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from api.document import shipped_document
from precompute.correlation import HEADER

SAID_BY_NO_SCHEMA = {
    "submitBatch": ("positive_data_acceptance", "negative_data_rejection"),
    "videoUploaded": ("positive_data_acceptance",),
    "invalidateResults": ("positive_data_acceptance",),
    "recordActions": ("positive_data_acceptance",),
    "recordOutcomes": ("positive_data_acceptance", "negative_data_rejection"),
    "campaignCreated": ("positive_data_acceptance",),
}
"""Rules between fields and about the world, which benchmarks/fuzz.py names one by one."""

OPERATIONS = [
    operation["operationId"]
    for item in shipped_document()["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_the_document_holds(api: ApiBench, operation_id: str, mode: GenerationMode) -> None:
    """Every status, header, body and refusal is one that the document names; nothing is a fault of ours."""
    operation = schemathesis.openapi.from_wsgi("/openapi.json", api.app).find_operation_by_id(operation_id)
    excluded = [CHECKS.get_one(name) for name in SAID_BY_NO_SCHEMA.get(operation_id, ())]

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attack(case: Any) -> None:
        if case.query:
            # Nothing is on its way, so nobody needs to wait.
            case.query.pop("wait", None)
        case.call_and_validate(excluded_checks=excluded)

    if mode is GenerationMode.POSITIVE or takes_anything_wrong(operation):
        attack()


def takes_anything_wrong(operation: Any) -> bool:
    """Whether a request can be wrong at all: one without a body or parameters cannot."""
    # The id of a request is taken as it comes.
    return bool(operation.body) or any(one.name != HEADER for one in operation.iter_parameters())
