"""What a process still does before it ends, however it was started."""

from collections.abc import Callable
from multiprocessing.util import Finalize


def on_leaving(last: Callable[[], object]) -> Callable[[], object]:
    """Have ``last`` done when this process ends in good order; a fork of it does not do it once more.

    ``atexit`` is not enough: Granian forks its workers with ``multiprocessing``, which ends forks without it until
    Python 3.13. This is done there, and by ``atexit`` everywhere else.

    Returns:
        Calls it off.
    """
    # Without a priority it would be done in forks alone.
    return Finalize(None, last, exitpriority=0).cancel
