"""What a result is about, and the keys under which results are kept."""

import re
from dataclasses import dataclass
from enum import StrEnum

from precompute.errors import BadParameters

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Subject(StrEnum):
    """The three kinds of thing a result can be about."""

    VIDEO = "video"
    CAMPAIGN = "campaign"
    USER = "user"


def check_id(value: str, *, field: str) -> str:
    """The same id, when it is one.

    Raises:
        BadParameters: It is not 1 to 128 characters of ``A-Za-z0-9._-``; names ``field``.
    """
    if not _ID.fullmatch(value):
        problem = "must be 1 to 128 characters of A-Z a-z 0-9 . _ -"
        raise BadParameters(f"{field} {problem}", fields={field: [problem]})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRef:
    """One video, campaign or user."""

    subject: Subject
    id: str

    @classmethod
    def parse(cls, text: str) -> "SubjectRef":
        """The subject that ``str`` of one spells.

        Raises:
            ValueError: Nobody wrote that.
        """
        subject, _, subject_id = text.partition(":")
        return cls(subject=Subject(subject), id=subject_id)

    def __str__(self) -> str:
        return f"{self.subject}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """Where one result is kept: ``{task_type}:{subject}:{id}``."""

    task_type: str
    ref: SubjectRef

    @classmethod
    def parse(cls, text: str) -> "CacheKey":
        """The key that ``text`` spells.

        Raises:
            BadParameters: It is not of the form ``{task_type}:{subject}:{id}``.
        """
        parts = text.split(":")
        if len(parts) != 3 or parts[1] not in set(Subject):
            form = "must be {task_type}:{video|campaign|user}:{id}"
            raise BadParameters(f"cache_key {form}", fields={"cache_key": [form]})
        check_id(parts[0], field="cache_key")
        subject_id = check_id(parts[2], field="cache_key")
        return cls(task_type=parts[0], ref=SubjectRef(subject=Subject(parts[1]), id=subject_id))

    def __str__(self) -> str:
        return f"{self.task_type}:{self.ref}"
