"""How loud a sound is."""

import numpy as np
from numpy.typing import NDArray

SILENT_DBFS = -60.0
"""Below this nobody hears anything on a phone."""


def loudness_dbfs(sound: NDArray[np.float32]) -> float | None:
    """Root mean square level against full scale, or None for silence or no sound.

    Not EBU R 128: its gates and filters tell programmes apart, not a silent opening from a loud one.

    Args:
        sound: ``(n,) float32``, -1 to 1.
    """
    if not sound.size:
        return None
    level = 20 * np.log10(max(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))), 1e-9))
    return round(float(level), 1) if level > SILENT_DBFS else None
