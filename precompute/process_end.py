"""A process ended while it computed something, as its own worker says."""

from precompute.durations import in_ms
from precompute.entry import Failure
from precompute.ledger import KEPT, Ledger
from precompute.subjects import CacheKey


def process_ended(
    ledger: Ledger,
    key: CacheKey,
    *,
    task_id: str,
    owner: str,
    innocent: bool = False,
    how: str = "",
    failure: Failure | None = None,
) -> bool:
    """Give back the lease of a process that has ended; whether the task was still its own.

    Args:
        ledger: The tasks.
        key: What it computed.
        task_id: For which task.
        owner: How the tokens begin with which it took leases.
        innocent: This does not count towards setting the task aside.
        how: As ``signal 11 (SIGSEGV)``, where that is known.
        failure: Why the task has failed; None for another try, whose message is on its way.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    code, message = ("", "") if failure is None else (failure.code, failure.message)
    times = (ledger.cache.now_ms(), ledger.watch_ms, in_ms(KEPT))
    found = ledger.cache.scripts.run("ended", str(key), task_id, owner, *times, int(innocent), how, code, message)
    return bool(found)
