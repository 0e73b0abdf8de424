"""Making the indexes agree with what is stored, after the server dropped keys to make room."""

from precompute.catalogue import Catalogue
from precompute.ledger import Ledger
from precompute.queues import Queue

SLICE = 200
"""Keys and names looked at by one call of the script: about a millisecond of the server's time."""

MOST_SLICES = 20
"""In one sweep, once the indexes count differently: what an index lost is found within minutes, not hours."""

_ALL_KEYS = ""


def mend(ledger: Ledger, catalogue: Catalogue) -> int:
    """Look at the next few keys and names, and mend what is wrong with them.

    Each sweep goes on where the last one stopped, so that its cost is the same however much is stored. An entry that
    the server dropped leaves the indexes; what an index lost is named again; a task that nobody looks after any more is
    looked after; and as all indexes are touched, they are never what the server drops first.

    Args:
        ledger: The tasks, and beside them the entries.
        catalogue: The task types in force.

    Returns:
        How many entries, tasks and names were mended.
    """
    types = (f"pc:y:{row.name}" for row in catalogue)
    queues = (f"pc:q:{queue.label}:{row.name}" for queue in Queue for row in catalogue)
    names = (_ALL_KEYS, "pc:gone", "pc:due", "pc:unread", "pc:watch", "pc:failed", "pc:aside", *types, *queues)
    args = (ledger.cache.now_ms(), ledger.watch_ms, SLICE, *names)
    mended = 0
    for _ in range(MOST_SLICES):
        count, differ = ledger.cache.scripts.run("mend", *args)
        mended += count
        if not differ:
            break
    return mended
