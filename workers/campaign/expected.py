"""A figure with its 80 % interval, as results tell it."""

from dataclasses import dataclass
from math import exp, log

from models.rates import Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A figure with its 80 % interval, low <= value <= high."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, forecast: Forecast, row: int = 0) -> "Expected":
        """One line of a forecast."""
        return cls(value=float(forecast.value[row]), low=float(forecast.low[row]), high=float(forecast.high[row]))

    def times(self, other: "Expected") -> "Expected":
        """The product of two figures that do not depend on each other: distances on the log scale add as squares."""
        value = self.value * other.value
        up = (_distance(self.high, self.value) ** 2 + _distance(other.high, other.value) ** 2) ** 0.5
        down = (_distance(self.low, self.value) ** 2 + _distance(other.low, other.value) ** 2) ** 0.5
        low = value * exp(-down) if self.low and other.low else 0.0
        return Expected(value=value, low=low, high=value * exp(up))

    def told(self) -> dict[str, float]:
        """As the result holds it."""
        return {"value": round(self.value, 6), "low": round(self.low, 6), "high": round(self.high, 6)}


def _distance(bound: float, value: float) -> float:
    return log(bound / value) if bound > 0 and value > 0 else 0.0
