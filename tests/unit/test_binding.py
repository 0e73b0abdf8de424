"""Rows and their functions."""

from collections.abc import Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from precompute.errors import DeclarationError
from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import Compute, bindings_in, computes


def _row(name: str, *inputs: TaskType) -> TaskType:
    return TaskType(
        name=name,
        subject=Subject.VIDEO,
        on=VideoUploaded,
        queue=Queue.VIDEO,
        ttl=timedelta(hours=1),
        inputs=inputs,
        time_limit=timedelta(seconds=5),
    )


ONE = _row("one")
TWO = _row("two", ONE)


def module_of(*functions: Compute) -> ModuleType:
    """A module in which these are defined."""
    module = ModuleType("computations")
    for number, function in enumerate(functions):
        function.__module__ = module.__name__
        setattr(module, f"function_{number}", function)
    return module


def test_a_bound_function_stays_a_function() -> None:
    """Tests call it directly; workers find it by its row."""

    @computes(TWO)
    def double(one: int) -> Mapping[str, Any]:
        return {"n": one * 2}

    binding = bindings_in([module_of(double)])["two"]

    assert double(21) == {"n": 42}
    assert binding.row is TWO
    assert binding.function(21) == {"n": 42}
    assert (binding.wants_job, binding.opened_by) == (False, None)


def test_a_function_may_want_its_job_and_open_its_result() -> None:
    """Both are known before anything runs."""

    @computes(ONE, opened_by=str)
    def one(*, job: Job) -> Mapping[str, Any]:
        return {"of": job.event.subject_id}

    binding = bindings_in([module_of(one)])["one"]

    assert binding.wants_job
    assert binding.opened_by is str


def test_a_function_takes_its_rows_inputs() -> None:
    """Too few, too many, or other keywords are found when the module is imported, not when a video comes."""

    def nothing() -> Mapping[str, Any]:
        return {}

    def too_many(one: int, other: int) -> Mapping[str, Any]:
        return {"n": one + other}

    def other_keyword(one: int, *, options: int) -> Mapping[str, Any]:
        return {"n": one + options}

    for function in (nothing, too_many, other_keyword):
        with pytest.raises(DeclarationError, match=r"must take \(one\) and at most the keyword job"):
            computes(TWO)(function)


def test_a_row_has_one_function() -> None:
    """Two would make the result a matter of chance."""

    def first() -> Mapping[str, Any]:
        return {"n": 1}

    def second() -> Mapping[str, Any]:
        return {"n": 2}

    with pytest.raises(DeclarationError, match="one is computed by two functions"):
        bindings_in([module_of(computes(ONE)(first)), module_of(computes(ONE)(second))])


def test_a_function_counts_where_it_is_defined() -> None:
    """A module that merely imports it does not bind it a second time."""

    @computes(ONE)
    def one() -> Mapping[str, Any]:
        return {}

    home = module_of(one)
    guest = ModuleType("guest")
    guest.one = one  # type: ignore[attr-defined]

    assert set(bindings_in([home, guest])) == {"one"}
