"""Vital signs of nobody: values that drift slowly around a person's own middle."""

from random import Random

# middle of all people, spread between them, how far a value strays, and its limits
_SHAPES: dict[str, tuple[float, float, float, float, float]] = {
    "hr": (78, 9, 4, 45, 125),
    "spo2": (97, 0.8, 0.5, 92, 100),
    "rr": (16, 2, 1, 9, 26),
    "nibp_sys": (122, 10, 4, 95, 165),
    "nibp_dia": (74, 6, 3, 50, 100),
    "temp": (36.8, 0.2, 0.05, 36.0, 38.2),
}
_BACK = 0.1  # of the way to the middle at every step


class Vitals:
    """One person's monitor. Repeats itself for the same dice."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._middle = {name: dice.gauss(shape[0], shape[1]) for name, shape in _SHAPES.items()}
        self._now = dict(self._middle)
        self._battery = dice.uniform(40, 100)

    def next(self) -> dict[str, float]:
        """The values a moment later."""
        for name, (_, _, stray, low, high) in _SHAPES.items():
            value = self._now[name] + self._dice.gauss(0, stray)
            value += (self._middle[name] - value) * _BACK
            self._now[name] = min(high, max(low, value))
        return {name: round(value, 1) for name, value in self._now.items()}

    @property
    def battery(self) -> int:
        """Per cent; it is charged when it is nearly empty."""
        self._battery = self._battery - 0.01 if self._battery > 15 else 100.0
        return round(self._battery)
