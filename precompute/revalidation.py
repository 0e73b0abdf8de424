"""A refresh on its way to a worker: first of all, whether anything changed."""

from dataclasses import dataclass
from datetime import datetime

from precompute.subjects import CacheKey, SubjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Revalidation:
    """The results of one subject that are to be fresh: one look at their sources serves all of them.

    Attributes:
        ref: The subject.
        types: Names of the task types asked for.
        expires_at: Not taken up by then, it is dropped; its entries are due again.
    """

    ref: SubjectRef
    types: tuple[str, ...]
    expires_at: datetime

    @property
    def keys(self) -> list[CacheKey]:
        """The entries asked for."""
        return [CacheKey(task_type=name, ref=self.ref) for name in self.types]

    @property
    def keys_as_text(self) -> list[str]:
        """The same as the cache writes them."""
        return [str(key) for key in self.keys]
