"""Whatever is sent, the answer is one of the contract's: its shape, no fault of ours, and no work without bounds."""

import json
import string
from typing import Any

import pytest
from api_bench import ApiBench
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from api.app import LARGEST_BODY
from precompute.patterns import MAX_LENGTH

POSTS = (
    "/video",
    "/campaign",
    "/login",
    "/predict-actions",
    "/batch",
    "/actions",
    "/outcomes",
    "/refresh/ctr_prediction",
    "/failed/retry",
)

# The servers stay from one example to the next, and so does what was accepted: that is no harm here.
attacked = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
IDS = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=128)
NAMES = st.sampled_from(
    [
        "video_id",
        "user_id",
        "campaign_id",
        "video_data",
        "campaign_data",
        "user_data",
        "priority",
        "callback_url",
        "videos",
        "campaigns",
        "logins",
        "actions",
        "action",
        "outcomes",
        "at",
        "subject",
        "subject_id",
        "keys",
        "limit",
    ]
)


def assert_contract(answer: TestResponse) -> None:
    """The answer is a success, or an error in the one shape that is no fault of ours."""
    assert answer.status_code < 500, answer.text
    said = answer.get_json()
    # One that repeats ten kilobytes to the caller, or to the log, is one more way in.
    assert len(answer.data) < 5_000
    if answer.status_code < 400:
        assert said["success"] is True
        return
    assert said["success"] is False
    assert set(said["error"]) <= {"code", "message", "fields"}
    assert said["error"]["code"].replace("_", "").isalpha()
    assert said["error"]["message"]


def post(api: ApiBench, path: str, body: bytes | str) -> TestResponse:
    """The body as it is, said to be JSON."""
    return api.client.post(f"/api/precompute{path}", data=body, content_type="application/json")


@attacked
@given(path=st.sampled_from(POSTS), body=st.dictionaries(NAMES | st.text(), JSON, max_size=8))
@example(path="/login", body={"user_id": "u" * 10_000})
@example(path="/login", body={"user_id": "\ud800"})
@example(path="/login", body={"user_id": "u1", "user_data": {"\ud800": "\udfff"}})
@example(path="/login", body={"user_id": "u1", "priority": 10**400})
@example(path="/login", body={"user_id": "u1", "priority": float("nan")})
@example(path="/campaign", body={"campaign_id": "c1", "user_id": "u1", "campaign_data": {"budget": float("inf")}})
@example(path="/campaign", body={"campaign_id": "c1", "user_id": "u1", "campaign_data": {"budget": 2**63}})
@example(path="/video", body={"video_id": "v1", "user_id": "u1", "callback_url": "http://[::1"})
@example(path="/outcomes", body={"outcomes": [{"subject": "video", "subject_id": "v", "impressions": 1e300}]})
@example(path="/actions", body={"user_id": "u1", "action": "a\u0000b", "at": "9999-12-31T23:59:59.999999999Z"})
@example(path="/batch", body={"videos": [None, [], 7, "v", {"video_id": {"a": 1}}], "logins": None})
@example(path="/failed/retry", body={"keys": ["ctr_prediction:video:" + "v" * 10_000, "::", ""]})
def test_any_object_is_judged(api: ApiBench, path: str, body: dict[str, Any]) -> None:
    """An object of whatever holds what JSON can and cannot hold is taken or refused by its fields."""
    assert_contract(post(api, path, json.dumps(body)))


@attacked
@given(path=st.sampled_from(POSTS), body=st.binary(max_size=200))
def test_any_bytes_are_judged(api: ApiBench, path: str, body: bytes) -> None:
    """Bytes that are no JSON are refused as such."""
    assert_contract(post(api, path, body))


def nested(opening: str, closing: str, *, inner: str = "1") -> bytes:
    """One megabyte of nesting, less a little."""
    levels = (LARGEST_BODY - 200) // (len(opening) + len(closing))
    return f'{{"user_id": "u1", "user_data": {opening * levels}{inner}{closing * levels}}}'.encode()


BOMBS = {
    "a megabyte of lists": nested("[", "]"),
    "a megabyte of objects": nested('{"a":', "}"),
    "a megabyte of brackets that never close": b"[" * LARGEST_BODY,
    "a megabyte of digits": b'{"user_id": ' + b"9" * (LARGEST_BODY - 100) + b"}",
    "a hundred thousand fields": json.dumps({f"f{number}": 0 for number in range(70_000)}).encode(),
    "a hundred thousand equal fields": b"{" + b'"user_id":"u",' * 70_000 + b'"user_id":"v"}',
    "a megabyte of one string": json.dumps({"user_id": "u" * (LARGEST_BODY - 100)}).encode(),
    "many surrogates": b'{"user_id": "' + b"\\ud83d" * 100_000 + b'"}',
    "ten thousand empty facts": json.dumps({"outcomes": [{}] * 10_000, "actions": [{}] * 1_000}).encode(),
    "a fact with a name of a megabyte": json.dumps(
        {"outcomes": [{"subject": "video", "subject_id": "v", "impressions": 1, "clicks": 0, "n" * 900_000: 1}]}
    ).encode(),
    "three hundred thousand entries": json.dumps({"videos": [{}] * 300_000}).encode(),
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_megabyte_of_anything_is_judged(api: ApiBench, body: bytes) -> None:
    """The largest bodies there can be are refused, or taken, without a fault and with a short answer."""
    for path in POSTS:
        assert_contract(post(api, path, body))


@pytest.mark.parametrize("path", ["/tasks/{}", "/refresh/{}", "/status/{}/v1", "/status/video/{}", "/stream/{}/v1"])
def test_a_long_name_is_not_repeated(api: ApiBench, path: str) -> None:
    """Ten kilobytes where a name belongs are refused in a few words."""
    address = "/api/precompute" + path.format("n" * 10_000)
    answer = api.client.post(address) if "refresh" in path else api.client.get(address)
    assert answer.status_code in {404, 422}
    assert_contract(answer)


def test_of_a_field_that_is_there_twice_the_last_counts(api: ApiBench) -> None:
    """As in nearly every reader of JSON; nobody is let in by the first and served by the second."""
    said = post(api, "/predict-actions", b'{"user_id": "first", "user_id": "second"}').get_json()
    assert said["user_id"] == "second"


@attacked
@given(key=st.text(max_size=60) | st.builds("{}:{}:{}".format, IDS, st.sampled_from(["video", "user", "x"]), st.text()))
@example(key="ctr_prediction:video:" + "v" * 10_000)
@example(key="ctr_prediction:video:../../etc/passwd")
@example(key="ctr_prediction:video:%00")
@example(key="ctr_prediction:video:v1\n")
@example(key=":" * 10_000)
def test_any_key_is_judged(api: ApiBench, key: str) -> None:
    """A read by whatever key is a miss or a refusal."""
    answer = api.client.get(f"/api/precompute/cache/{_quoted(key)}")
    assert answer.status_code in {404, 405, 422} or not key
    assert_contract(answer)


@attacked
@given(wait=st.text() | st.floats().map(str) | st.integers().map(str))
@example(wait="1_0")
@example(wait="٣")
@example(wait="-0")
@example(wait="1e400")
def test_any_wait_is_judged(api: ApiBench, wait: str) -> None:
    """What is no number of seconds from 0 to 30 is refused; nothing is on its way, so nothing is waited for."""
    answer = api.client.get("/api/precompute/cache/ctr_prediction:video:v1", query_string={"wait": wait})
    assert answer.status_code in {404, 422}
    assert_contract(answer)


GLOBS = st.text("*?[]^-\\:abcv1_é", max_size=80) | st.text(max_size=60)


@attacked
@given(pattern=GLOBS, soft=st.booleans(), in_body=st.booleans())
@example(pattern="*a" * (MAX_LENGTH // 2), soft=False, in_body=True)
@example(pattern="*" * MAX_LENGTH, soft=True, in_body=True)
@example(pattern="*" * (MAX_LENGTH + 1), soft=False, in_body=True)
@example(pattern="[" * MAX_LENGTH, soft=False, in_body=True)
@example(pattern="[!-\U0010ffff]" * 50, soft=False, in_body=True)
@example(pattern="\\", soft=False, in_body=False)
@example(pattern="\x00", soft=False, in_body=True)
def test_any_pattern_is_judged(api: ApiBench, pattern: str, soft: bool, in_body: bool) -> None:
    """An invalidation by whatever glob counts what it matched, or refuses."""
    if in_body:
        answer = api.client.delete("/api/precompute/cache", json={"pattern": pattern, "soft": soft})
    else:
        answer = api.client.delete("/api/precompute/cache", query_string={"pattern": pattern, "soft": str(soft)})
    assert answer.status_code in {200, 422}
    assert_contract(answer)


@pytest.mark.parametrize(("wait", "status"), [("0", 404), ("1e-3", 404), ("0.5", 404), ("1_0", 422), ("٣", 422)])
def test_a_wait_is_a_number_as_json_writes_it(api: ApiBench, wait: str, status: int) -> None:
    """What only Python takes for a number is none."""
    answer = api.client.get("/api/precompute/cache/ctr_prediction:video:v1", query_string={"wait": wait})
    assert answer.status_code == status


@attacked
@given(
    path=st.text(max_size=60),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]),
)
def test_any_address_is_answered(api: ApiBench, path: str, method: str) -> None:
    """Whatever the address and the method, the answer is the contract's, where it has a body."""
    answer = api.client.open(f"/api/precompute/{_quoted(path)}", method=method)
    assert answer.status_code < 500
    if method not in {"HEAD", "OPTIONS"}:
        assert_contract(answer)


def test_a_compressed_body_is_not_unpacked(api: ApiBench) -> None:
    """A body of another coding is refused by its header, before anybody could unpack a bomb."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = api.client.post("/api/precompute/login", data=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_batch_without_a_body_is_a_slip(api: ApiBench) -> None:
    """An empty body is no empty batch, and neither is one that holds no list."""
    assert post(api, "/batch", b"").status_code == 400
    assert post(api, "/batch", b"{}").status_code == 422
    assert post(api, "/batch", b'{"logins": []}').status_code == 202


@pytest.mark.parametrize("priority", [5.0, 5])
def test_a_whole_number_may_have_a_point(api: ApiBench, priority: float) -> None:
    """Callers with doubles write 5.0 for 5; JSON knows one kind of number."""
    body = json.dumps({"user_id": "u1", "priority": priority})
    assert post(api, "/login", body).status_code == 202


@pytest.mark.parametrize("priority", [5.5, True, "5", [5]])
def test_what_is_no_whole_number_is_none(api: ApiBench, priority: object) -> None:
    """Neither fractions nor truth values nor words."""
    answer = post(api, "/login", json.dumps({"user_id": "u1", "priority": priority}))
    assert list(answer.get_json()["error"]["fields"]) == ["priority"]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
