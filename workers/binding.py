"""Which function computes which row of the catalogue."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from precompute.errors import DeclarationError
from precompute.job import StoredResult
from precompute.task_type import TaskType

Compute = Callable[..., Any]
F = TypeVar("F", bound=Compute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A row, its function, and how the function's result is handed to the rows that need it.

    Attributes:
        wants_job: Whether the function takes the keyword ``job``.
        opened_by: Turns the stored result into what dependants receive; None hands them the JSON value.
    """

    row: TaskType
    function: Compute
    wants_job: bool
    opened_by: Callable[[StoredResult], Any] | None


def computes(row: TaskType, *, opened_by: Callable[[StoredResult], Any] | None = None) -> Callable[[F], F]:
    """Bind the decorated function to ``row``; it stays an ordinary function.

    It takes the row's inputs as positional arguments in the row's order, and may take the keyword-only ``job``
    (:class:`precompute.job.Job`). It returns what the row's schema dumps, or a :class:`precompute.job.Computed`.

    Raises:
        DeclarationError: The function does not take as many inputs as the row has.
    """

    def bind(function: F) -> F:
        parameters = inspect.signature(function).parameters.values()
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        others = {p.name for p in parameters if p not in positional}
        if len(positional) != len(row.inputs) or others - {"job"}:
            wanted = ", ".join(other.name for other in row.inputs) or "no inputs"
            raise DeclarationError(f"{function.__qualname__} must take ({wanted}) and at most the keyword job")
        binding = Binding(row=row, function=function, wants_job="job" in others, opened_by=opened_by)
        function.__precompute_binding__ = binding  # type: ignore[attr-defined]
        return function

    return bind


def bindings_in(modules: Iterable[ModuleType]) -> Mapping[str, Binding]:
    """Bindings by task type name, of the functions defined in ``modules``.

    Raises:
        DeclarationError: Two functions compute the same row.
    """
    found: dict[str, Binding] = {}
    for module in modules:
        for function in vars(module).values():
            binding = getattr(function, "__precompute_binding__", None)
            if isinstance(binding, Binding) and function.__module__ == module.__name__:
                if binding.row.name in found:
                    raise DeclarationError(f"{binding.row.name} is computed by two functions")
                found[binding.row.name] = binding
    return found
