"""What becomes of a result whose refresh is due: looked at or left alone, made anew or let go.

Pure, so that a replay of a log (``precompute replay``) keeps its results by the very same rule as the service.

Looking is cheap: the token of the sources is compared, and what still holds only gets older
in name. So everything that was read within :data:`READ_LATELY` is looked at. Computing is not: what has changed is made
anew only when somebody read the version that is there, or when a prediction says that somebody will. Measured on real
behaviour (``docs/replay.md``): most waits of a cache filled on demand are the first reads of a returning user, and
while users are away, what is about them rarely changes.
"""

from datetime import timedelta

READ_LATELY = timedelta(days=30)
"""What nobody has read for this long is not looked at any more. On the log of ``docs/replay.md`` 7 days lost 3 of 100
reads, and 90 days won none."""


def kept_up(*, now_s: float, read_s: float | None, wanted_until_s: float | None) -> bool:
    """Whether a result that is due is looked at; otherwise it is parked until it is read.

    Args:
        now_s: The instant, seconds.
        read_s: When it, or one before it under its key, was read last; None if never.
        wanted_until_s: Until when a prediction says that it will be read; None without one.
    """
    if wanted_until_s is not None and now_s < wanted_until_s:
        return True
    return read_s is not None and now_s - read_s <= READ_LATELY.total_seconds()


def made_anew(*, now_s: float, reads: int, wanted_until_s: float | None) -> bool:
    """Whether a result that is due, and whose sources have changed, is computed again; otherwise it is let go.

    Args:
        now_s: The instant, seconds.
        reads: How often this version of it was read.
        wanted_until_s: Until when a prediction says that it will be read; None without one.
    """
    return reads > 0 or (wanted_until_s is not None and now_s < wanted_until_s)
