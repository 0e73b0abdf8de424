"""The priority that a worker is started with (``nice``), also where the kernel goes by sessions first."""

import os
import time
from pathlib import Path
from typing import Any

from celery import signals

AUTOGROUP = Path("/proc/self/autogroup")
"""The priority of this process's session; there where Linux shares processors among sessions (``man 7 sched``)."""

_TRIES = 10
_PAUSE_S = 0.1
"""Linux takes one such change in so long from users without privileges, whoever they are."""


def lower_session(autogroup: Path = AUTOGROUP) -> bool:
    """Give the session of this process the priority that the process has; whether that could be done.

    With ``sched_autogroup_enabled``, as most distributions have it, processors are shared evenly among sessions, and
    only within one by ``nice``: of two on one processor, the one five steps below took 50 % before and 30 % after.
    ``precompute up`` starts each worker in a session of its own. One that somebody else leads, as that of
    a terminal, is not ours to change.
    """
    if os.getsid(0) != os.getpid():
        return False
    for _ in range(_TRIES):
        try:
            autogroup.write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        except OSError:
            # Another system, a container that may not, or a priority above the usual.
            return False
        else:
            return True
    return False


def connect() -> None:
    """Do so for every worker that starts in this process."""

    def starting(**_: Any) -> None:
        lower_session()

    signals.celeryd_init.connect(starting, weak=False)
