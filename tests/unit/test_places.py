"""What the threads of an API process may be held for."""

import pytest

from api.waiting import Places, Slots


def taken(slots: Slots) -> int:
    """How many places there were."""
    count = 0
    while slots.try_take():
        count += 1
    return count


@pytest.mark.parametrize("threads", [4, 5, 8, 32, 33, 1024])
@pytest.mark.parametrize(
    "order", [("waits", "pages", "bodies"), ("bodies", "pages", "waits"), ("pages", "bodies", "waits")]
)
def test_all_kinds_together_leave_threads_to_readers(threads: int, order: tuple[str, ...]) -> None:
    """Whoever comes first: an eighth of the threads holds nothing, and bodies find a quarter."""
    places = Places(threads)
    held = {kind: taken(getattr(places, kind)) for kind in order}
    assert sum(held.values()) == threads * 7 // 8 < threads
    assert held["waits"] <= threads // 2
    assert held["pages"] <= threads * 3 // 8
    assert threads // 4 <= held["bodies"] <= threads // 2


def test_a_place_given_back_is_free_in_both() -> None:
    """One refused for want of the outer ones takes none of its own."""
    outer = Slots(1)
    first, second = Slots(1, within=outer), Slots(1, within=outer)
    assert first.try_take()
    assert not second.try_take()
    first.give_back()
    assert second.try_take()
    assert not first.try_take()
