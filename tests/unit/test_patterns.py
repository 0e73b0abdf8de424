"""Globs over keys."""

import random
import re

import pytest

from precompute.errors import BadParameters
from precompute.patterns import MAX_LENGTH, Pattern, glob_matches
from precompute.subjects import Subject, SubjectRef


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("", "", True),
        ("*", "", True),
        ("*", "anything", True),
        ("a*c", "abbbc", True),
        ("a*c", "abbb", False),
        ("*b*", "abc", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a[bx]c", "abc", True),
        ("a[bx]c", "adc", False),
        ("a[b-d]c", "acc", True),
        ("a[d-b]c", "acc", True),
        ("a[^b]c", "abc", False),
        ("a[^b]c", "axc", True),
        (r"a[\]]c", "a]c", True),
        (r"a\*c", "a*c", True),
        (r"a\*c", "abc", False),
        ("a[bc", "ab", True),
        ("a\\", "a\\", True),
        ("*a*b*c", "xxaxxbxxcxxc", True),
        ("*ab", "aab", True),
    ],
)
def test_a_glob_fits_as_it_does_in_redis(pattern: str, text: str, fits: bool) -> None:
    """Stars, question marks, brackets with ranges and negation, and escapes."""
    assert glob_matches(pattern, text) is fits


def test_globs_fit_what_the_same_regular_expression_fits() -> None:
    """A thousand random patterns of stars, marks and letters, against Python's own matcher."""
    chance = random.Random(7)  # noqa: S311 - no secret
    for _ in range(1000):
        pattern = "".join(chance.choices("ab*?", k=chance.randint(0, 8)))
        text = "".join(chance.choices("ab", k=chance.randint(0, 10)))
        expression = pattern.replace("*", ".*").replace("?", ".")
        assert glob_matches(pattern, text) is bool(re.fullmatch(expression, text)), (pattern, text)


class CountedText(str):
    """Counts how often one of its characters is looked at."""

    looks = 0

    def __getitem__(self, index: object) -> str:
        """The character."""
        self.looks += 1
        return str(super().__getitem__(index))  # type: ignore[index]


@pytest.mark.parametrize(
    "pattern", ["*a" * 200 + "b", "*" * 200 + "b", "*aaaaaaaaaaaaaaaaaaaab" * 20, "*?" * 200 + "b"]
)
def test_many_stars_cost_no_more_than_pattern_times_text(pattern: str) -> None:
    """No pattern makes the steps explode: a backtracking matcher would need more than the age of the world."""
    text = CountedText("a" * 260)

    assert not glob_matches(pattern, text)
    assert 0 < text.looks <= len(pattern) * len(text)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("ctr_prediction:video:vid_12345", True),
        ("video:vid_12345:ctr_prediction", True),
        ("video:vid_12345:*", True),
        ("ctr_prediction:*", True),
        ("*:video:vid_12345", True),
        ("*12345*", True),
        ("video:vid_1234:*", False),
        ("ctr_prediction:campaign:*", False),
        ("vid_12345:video:*", False),
        ("CTR_prediction:*", False),
    ],
)
def test_a_pattern_is_held_against_both_forms_of_a_key(pattern: str, fits: bool) -> None:
    """As the API page says."""
    assert Pattern(pattern).matches("ctr_prediction:video:vid_12345") is fits


@pytest.mark.parametrize("text", ["", "x" * (MAX_LENGTH + 1)])
def test_a_pattern_is_neither_empty_nor_endless(text: str) -> None:
    """The refusal names the field."""
    with pytest.raises(BadParameters) as problem:
        Pattern(text)
    assert list(problem.value.fields) == ["pattern"]


def refs(*texts: str) -> set[SubjectRef]:
    """From ``subject:id``."""
    return {SubjectRef(subject=Subject(text.split(":")[0]), id=text.split(":")[1]) for text in texts}


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("ctr:video:v1", refs("video:v1")),
        ("video:v1:*", refs("video:v1")),
        ("video:v1:ctr", refs("video:v1")),
        ("c*:user:u1", refs("user:u1", "campaign:user")),
        ("*:u1:*", refs("video:u1", "campaign:u1", "user:u1")),
        ("*:user:u1", refs("user:u1", "video:user", "campaign:user", "user:user")),
        ("video:user:x", refs("video:user", "user:x")),
        ("nothing:else:fits", set()),
    ],
)
def test_a_pattern_that_spells_its_subject_out_is_known_to(text: str, subjects: set[SubjectRef]) -> None:
    """So that nothing else has to be looked at; the middle may be a subject, or an id that reads like one."""
    found = Pattern(text).subjects()
    assert found is not None
    assert set(found) == subjects


@pytest.mark.parametrize(
    "text", ["*", "ctr:*", "ctr:video:*", "ctr:video:v[12]", "video:v*:ctr", "[a:b]:v1:*", "a\\:video:v1", "a:b:c:d"]
)
def test_a_pattern_with_a_free_subject_is_known_to_have_one(text: str) -> None:
    """A walk is needed for these."""
    assert Pattern(text).subjects() is None


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("*", True),
        ("ctr:*", True),
        ("ct*", True),
        ("video:*", True),
        ("vid*", True),
        ("face:*", False),
        ("user:*", False),
        ("ctrx:*", False),
        ("ctr:user:*", False),
    ],
)
def test_a_type_is_left_out_when_no_key_of_it_could_match(text: str, may: bool) -> None:
    """Judged by the literal start of the pattern, in both forms."""
    assert Pattern(text).may_match_type("ctr", Subject.VIDEO) is may


@pytest.mark.parametrize("text", ["[", "a[bc", "[^", "video:[a-]", r"[\]", "ok[a]:[b", "[]", "a[]b"])
def test_a_bracket_that_can_mean_nothing_is_refused(text: str) -> None:
    """Whoever writes it is told, instead of that nothing is stored."""
    with pytest.raises(BadParameters) as refused:
        Pattern(text)
    assert "[" in refused.value.fields["pattern"][0]


@pytest.mark.parametrize("text", [r"\[", "[[]", "[^]", r"[\]]", "a[b]c[d-f]", "]", "\\"])
def test_brackets_that_mean_something_are_taken(text: str) -> None:
    """Escaped, closed, or such that any character fits."""
    assert Pattern(text).text == text
