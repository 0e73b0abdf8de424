"""Redis-style globs over cache keys, held against both of a key's forms."""

from dataclasses import dataclass
from functools import lru_cache

from precompute.errors import BadParameters
from precompute.subjects import Subject, SubjectRef

MAX_LENGTH = 512
"""Longer than any two keys; bounds the work of one match."""

_WILDCARDS = frozenset("*?[\\")


@dataclass(frozen=True, slots=True)
class Pattern:
    r"""A glob of ``*``, ``?``, ``[abc]``, ``[a-z]``, ``[^a]`` and ``\`` for the next character as it is.

    It matches a key ``{task_type}:{subject}:{id}`` when it matches that form or ``{subject}:{id}:{task_type}``.
    """

    text: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.text) <= MAX_LENGTH:
            problem = f"must be 1 to {MAX_LENGTH} characters"
            raise BadParameters(f"pattern {problem}", fields={"pattern": [problem]})
        if (flaw := _flaw(self.text)) is not None:
            raise BadParameters(f"pattern {self.text!r} {flaw}", fields={"pattern": [flaw]})

    def matches(self, key: str) -> bool:
        """Whether the pattern matches ``key`` in either form."""
        task_type, _, ref = key.partition(":")
        return glob_matches(self.text, key) or glob_matches(self.text, f"{ref}:{task_type}")

    def subjects(self) -> tuple[SubjectRef, ...] | None:
        """The few subjects that all keys this can match are about; None when it does not spell them out."""
        # A key has exactly two colons: where the pattern has as many, each star stays within its part. Brackets and
        # escapes before the first could hold a colon themselves.
        parts = self.text.split(":")
        if len(parts) != 3 or not _literal(parts[1]) or {"[", "\\"} & set(parts[0]):
            return None
        found = [SubjectRef(subject=subject, id=parts[1]) for subject in Subject if glob_matches(parts[0], subject)]
        # The middle may be a subject, or an id that reads like one: both are looked for.
        if parts[1] in set(Subject):
            if not _literal(parts[2]):
                return None
            found.append(SubjectRef(subject=Subject(parts[1]), id=parts[2]))
        return tuple(found)

    def may_match_type(self, task_type: str, subject: Subject) -> bool:
        """Whether any key of that type could match, judged by the literal start of the pattern."""
        start = _literal_start(self.text)
        forms = (f"{task_type}:{subject}:", f"{subject}:")
        return any(form.startswith(start) or start.startswith(form) for form in forms)


def _flaw(pattern: str) -> str | None:
    """What is wrong with the brackets; Redis takes such patterns, but who writes one means something else."""
    position = 0
    while position < len(pattern):
        opened = pattern[position]
        position += 1 + (opened == "\\")
        if opened != "[":
            continue
        token, after = _bracket(pattern, position)
        if after > len(pattern):
            return r"has a [ that no ] closes; \[ stands for the character itself"
        if token == (False, frozenset(), ()):
            return "has [], which no character fits"
        position = after
    return None


def _literal(part: str) -> bool:
    return bool(part) and not _WILDCARDS & set(part)


def _literal_start(text: str) -> str:
    ends = [position for position, character in enumerate(text) if character in _WILDCARDS]
    return text[: ends[0]] if ends else text


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the whole ``text`` fits ``pattern``; at most ``len(pattern) * len(text)`` steps, whatever the stars.

    The two-pointer method: on a mismatch only the latest star takes one more character (Krauss, "Matching
    Wildcards", Dr. Dobb's 2008), so stars never multiply.
    """
    tokens = _tokens(pattern)
    at, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        if at < len(tokens) and tokens[at] is None:
            star, resume = at, position
            at += 1
        elif at < len(tokens) and _fits(tokens[at], text[position]):
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(token is None for token in tokens[at:])


_Token = tuple[bool, frozenset[str], tuple[tuple[str, str], ...]] | None
"""None for ``*``; else (negated, characters, ranges). ``?`` is the negation of nothing."""


def _fits(token: _Token, character: str) -> bool:
    assert token is not None  # noqa: S101 - stars never come here
    negated, characters, ranges = token
    return negated != (character in characters or any(low <= character <= high for low, high in ranges))


@lru_cache(maxsize=64)
def _tokens(pattern: str) -> tuple[_Token, ...]:
    tokens: list[_Token] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            if not tokens or tokens[-1] is not None:
                tokens.append(None)
        elif character == "?":
            tokens.append((True, frozenset(), ()))
        elif character == "[":
            token, position = _bracket(pattern, position)
            tokens.append(token)
        else:
            if character == "\\" and position < len(pattern):
                character = pattern[position]
                position += 1
            tokens.append((False, frozenset(character), ()))
    return tuple(tokens)


def _bracket(pattern: str, position: int) -> tuple[_Token, int]:
    """The token of a bracket whose inside starts at ``position``, and where the pattern goes on.

    As in Redis, a bracket that is never closed ends with the pattern.
    """
    negated = pattern[position : position + 1] == "^"
    position += negated
    characters: set[str] = set()
    ranges: list[tuple[str, str]] = []
    while position < len(pattern) and pattern[position] != "]":
        if pattern[position] == "\\" and position + 1 < len(pattern):
            position += 1
            characters.add(pattern[position])
        elif pattern[position + 1 : position + 2] == "-" and position + 2 < len(pattern):
            low, high = sorted((pattern[position], pattern[position + 2]))
            ranges.append((low, high))
            position += 2
        else:
            characters.add(pattern[position])
        position += 1
    return (negated, frozenset(characters), tuple(ranges)), position + 1
