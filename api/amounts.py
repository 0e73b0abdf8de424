"""Durations and sizes as people read them."""

_UNITS_S = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0))
_SIZES = ("B", "kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """Two or three digits and a unit: ``40 ms``, ``3.2 s``, ``15 min``, ``2.5 h``, ``30 d``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    for unit, length in _UNITS_S:
        # Two of a unit before it is used: 90 min says more than 1.5 h, 45 s more than 0.8 min.
        if seconds >= 2 * length:
            return f"{_digits(seconds / length)} {unit}"
    return f"{_digits(seconds)} s"


def size(count: float) -> str:
    """Two or three digits and a unit of powers of 1000: ``512 B``, ``3.2 kB``."""
    for unit in _SIZES[:-1]:
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{_digits(count)} {unit}"
        count /= 1000
    return f"{_digits(count)} {_SIZES[-1]}"


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"
