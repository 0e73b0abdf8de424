"""What callers may send, field by field; and the document's examples, held against its schemas."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from api import answers, examples
from api.metric_answers import MetricsSchema
from api.metric_examples import METRICS
from api.schemas import DEEPEST, InvalidateQuerySchema, InvalidateSchema, RefreshSchema, VideoTriggerSchema

SENT = {"video_id": "v1", "user_id": "u1"}


def test_a_trigger_takes_the_whole_range_of_priorities() -> None:
    """1 and 10 are priorities."""
    assert [VideoTriggerSchema().load({**SENT, "priority": each})["priority"] for each in (1, 10)] == [1, 10]


def test_a_trigger_keeps_all_of_its_data_and_nothing_else() -> None:
    """Unknown fields stay in video_data and are dropped beside it."""
    loaded = VideoTriggerSchema().load({**SENT, "extra": 1, "video_data": {"url": "a", "extra": {"b": [None]}}})
    assert loaded == {**SENT, "video_data": {"url": "a", "extra": {"b": [None]}}}


@pytest.mark.parametrize("video_id", ["a", "A.b_c-9", "a" * 128])
def test_ids_of_the_contract_are_taken(video_id: str) -> None:
    """1 to 128 characters of A-Za-z0-9._- are an id."""
    assert VideoTriggerSchema().load({**SENT, "video_id": video_id})["video_id"] == video_id


@pytest.mark.parametrize("url", ["http://a", "https://user:pw@example.com:8443/done?x=1", "http://[::1]:8080/"])
def test_callbacks_over_http_are_taken(url: str) -> None:
    """Any absolute http or https address is a callback."""
    assert VideoTriggerSchema().load({**SENT, "callback_url": url})["callback_url"] == url


@pytest.mark.parametrize(
    "url", ["", "a", "//a", "http:///a", "https://a b", "https://a/\n", "http://[", "javascript:x", "http://a:0/"]
)
def test_other_callbacks_are_refused(url: str) -> None:
    """What is no absolute http or https address is refused by name."""
    with pytest.raises(ValidationError) as refused:
        VideoTriggerSchema().load({**SENT, "callback_url": url})
    assert list(refused.value.messages_dict) == ["callback_url"]


def nested(levels: int) -> Any:
    """JSON that nests so deep."""
    value: Any = 1
    for _ in range(levels - 1):
        value = {"a": [value]} if isinstance(value, int) else [value]
    return {"a": value}


def test_depth_is_bounded() -> None:
    """The deepest nesting that is taken is DEEPEST levels."""
    taken = nested(DEEPEST - 2)
    assert VideoTriggerSchema().load({**SENT, "video_data": taken})["video_data"] == taken
    with pytest.raises(ValidationError):
        VideoTriggerSchema().load({**SENT, "video_data": nested(DEEPEST)})


def test_a_truth_in_a_query_is_a_word() -> None:
    """`soft=true` counts in a query, and only a JSON boolean in a body."""
    assert InvalidateQuerySchema().load({"pattern": "a", "soft": "true"})["soft"] is True
    assert InvalidateSchema().load({"pattern": "a", "soft": True})["soft"] is True
    with pytest.raises(ValidationError):
        InvalidateSchema().load({"pattern": "a", "soft": "true"})


def test_a_refresh_has_defaults() -> None:
    """Without a body a refresh is not forced and has the engine's own limit."""
    assert RefreshSchema().load({}) == {"force": False, "limit": None}


SHOWN = {
    "trigger": (VideoTriggerSchema, examples.VIDEO_TRIGGER),
    "receipt": (answers.VideoReceiptSchema, examples.VIDEO_RECEIPT),
    "hit": (answers.CacheHitSchema, examples.CACHE_HITS["ctr_prediction"]),
    "miss": (answers.CacheMissSchema, examples.CACHE_MISSES["failed"]),
    "status": (answers.StatusSchema, examples.STATUS),
    "task": (answers.TaskSchema, examples.TASK),
    "invalidated": (answers.InvalidatedSchema, examples.INVALIDATED),
    "queue": (answers.QueueSchema, examples.QUEUE),
    "metrics": (MetricsSchema, METRICS),
    "ready": (answers.ReadySchema, examples.READY),
    "not ready": (answers.NotReadySchema, examples.NOT_READY),
}


@pytest.mark.parametrize(("schema", "example"), SHOWN.values(), ids=SHOWN)
def test_examples_fit_their_schemas(schema: type[Schema], example: dict[str, Any]) -> None:
    """What the document shows as an example is what it describes."""
    assert schema().validate(example) == {}
