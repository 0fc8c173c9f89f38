"""A CP-SAT model with what it costs and how to read its answer."""

from collections.abc import Callable
from typing import Any

Value = Callable[[Any], int]  # a variable's value in the answer


class CpModel:
    """`cp` is the module of OR-Tools, which the project does not depend on."""

    def __init__(self, cp: Any) -> None:
        self.cp, self.model = cp, cp.CpModel()
        self.read: Callable[[Value], Any] = lambda _value: None
        self._priced: list[Any] = []
        self._points: list[int] = []

    def flag(self, points: int = 0) -> Any:
        """A yes or no that costs `points` where it is yes."""
        return self.costs(self.model.new_bool_var(""), points)

    def count(self, most: int, points: int = 0) -> Any:
        """A number from 0 to `most` that costs `points` each."""
        return self.costs(self.model.new_int_var(0, most, ""), points)

    def costs(self, variable: Any, points: int) -> Any:
        if points:
            self._priced.append(variable)
            self._points.append(points)
        return variable

    def sum(self, variables: list[Any]) -> Any:
        return self.cp.LinearExpr.sum(variables)

    def minimise(self, constant: int = 0) -> None:
        total = self.cp.LinearExpr.weighted_sum(self._priced, self._points)
        self.model.minimize(total + constant)
