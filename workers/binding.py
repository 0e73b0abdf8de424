"""Which function computes which row of the catalogue."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from precompute.errors import DeclarationError
from precompute.job import Job, StoredResult
from precompute.task_type import TaskType

Compute = Callable[..., Any]

Source = Callable[[Job], str]
"""Something a computation reads besides its inputs and its event, as a short text that changes whenever that does; or
``""`` while nobody can tell. Raises what the store or the server it asks raises."""

F = TypeVar("F", bound=Compute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A row, its function, and how the function's result is handed to the rows that need it.

    Attributes:
        wants_job: Whether the function takes the keyword ``job``.
        opened_by: Turns the stored result into what dependants receive; None hands them the JSON value.
        reads: What the function reads besides its inputs and its event; None when that is not declared, and then its
            results are computed anew with every refresh.
        tells_read: The function says by itself what it found there (:attr:`precompute.job.Computed.read`); otherwise it
            is asked for before the function begins.
    """

    row: TaskType
    function: Compute
    wants_job: bool
    opened_by: Callable[[StoredResult], Any] | None
    reads: tuple[Source, ...] | None = None
    tells_read: bool = False


def computes(
    row: TaskType,
    *,
    opened_by: Callable[[StoredResult], Any] | None = None,
    reads: tuple[Source, ...] | None = None,
    tells_read: bool = False,
) -> Callable[[F], F]:
    """Bind the decorated function to ``row``; it stays an ordinary function.

    It takes the row's inputs as positional arguments in the row's order, and may take the keyword-only ``job``
    (:class:`precompute.job.Job`). It returns what the row's schema dumps, or a :class:`precompute.job.Computed`.

    With ``reads`` a refresh computes anew only when one of them has changed, or an input has (``docs/freshness.md``).
    A function that does not take ``job`` can read nothing else, so it needs none.

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
        known = () if reads is None and "job" not in others else reads
        binding = Binding(
            row=row,
            function=function,
            wants_job="job" in others,
            opened_by=opened_by,
            reads=known,
            tells_read=tells_read,
        )
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
