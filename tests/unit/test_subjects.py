"""Subjects and the keys of their results."""

import pytest

from precompute.errors import BadParameters
from precompute.subjects import CacheKey, Subject, SubjectRef, check_id


@pytest.mark.parametrize("value", ["a", "vid_12345", "A-Z.0_9", "x" * 128])
def test_an_id_is_one_to_128_plain_characters(value: str) -> None:
    """Letters, digits, dot, underscore and hyphen."""
    assert check_id(value, field="video_id") == value


@pytest.mark.parametrize("value", ["", "x" * 129, "a b", "a:b", "a/b", "ä", "a\n", "*", "٣"])
def test_anything_else_is_no_id(value: str) -> None:
    """The refusal names the field and what fits."""
    with pytest.raises(BadParameters, match="must be 1 to 128 characters") as problem:
        check_id(value, field="video_id")
    assert problem.value.fields == {"video_id": ["must be 1 to 128 characters of A-Z a-z 0-9 . _ -"]}


def test_a_key_reads_as_it_is_written() -> None:
    """Type, subject and id."""
    key = CacheKey.parse("ctr_prediction:video:vid_12345")

    assert key == CacheKey(task_type="ctr_prediction", ref=SubjectRef(subject=Subject.VIDEO, id="vid_12345"))
    assert str(key) == "ctr_prediction:video:vid_12345"
    assert str(key.ref) == "video:vid_12345"


@pytest.mark.parametrize(
    "text", ["", "ctr", "ctr:video", "ctr:film:v1", "ctr:video:v1:x", ":video:v1", "ctr:video:", "c*:video:v1"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """As a mistake in the field cache_key."""
    with pytest.raises(BadParameters) as problem:
        CacheKey.parse(text)
    assert list(problem.value.fields) == ["cache_key"]
