"""One result as the simulation keeps it."""

from precompute.planner import Cause


class Result:
    """What is kept of one result, and of the task that computes it. Instants are seconds since 1970."""

    __slots__ = (
        "ages",
        "cause",
        "cost",
        "counted",
        "counts",
        "due",
        "gone",
        "on_way",
        "parked",
        "read",
        "reads",
        "row",
        "stale",
        "stamp",
        "told",
        "user",
        "version",
        "waiting",
        "wanted",
    )

    def __init__(self, user: int, row: int, *, cost: float, ages: tuple[float, float, float]) -> None:
        self.user, self.row, self.cost, self.ages = user, row, cost, ages
        self.stale = self.gone = self.due = float("-inf")
        self.stamp = 0
        self.told = 0.0
        self.version = -1
        self.reads = 0
        self.read: float | None = None
        self.wanted: float | None = None
        self.cause: Cause | None = None
        self.counted = self.counts = self.parked = self.on_way = False
        self.waiting: list[tuple[int, float]] = []
