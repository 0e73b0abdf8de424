"""What bounds the processes that compute."""

from dataclasses import dataclass

from precompute.settings.declared import setting

LEAST_MEMORY_MB = 500
"""Less than a process needs that has all models loaded."""

MOST_MEMORY_MB = 1_000_000


def megabytes(text: str) -> int:
    """Megabytes, or 0 for no bound.

    Raises:
        ValueError: Anything else.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_MEMORY_MB)) else -1
    if number != 0 and not LEAST_MEMORY_MB <= number <= MOST_MEMORY_MB:
        raise ValueError(f"takes megabytes from {LEAST_MEMORY_MB} to {MOST_MEMORY_MB}, or 0 for no bound")
    return number


@dataclass(frozen=True, kw_only=True)
class Children:
    """What bounds the processes that compute."""

    child_memory_mb: int = setting(
        "PRECOMPUTE_CHILD_MEMORY_MB",
        2000,
        megabytes,
        "Megabytes that one process may take while it computes (Linux): a task that takes more fails, and the machine "
        "lives on. 0 for no bound.",
    )
