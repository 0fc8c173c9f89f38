"""Transfers for CP-SAT: how many of each kind of patient go to each unit.

The prices of a patient in a unit are those of our rules; the model is a whole-number flow with
the steps of each unit's load. All rules are in it.
"""

from collections import defaultdict
from typing import Any

import numpy as np

from bench.cpsat_model import CpModel, Value
from solvers.transfer_problem import TransferProblem
from solvers.transfer_table import FORBIDDEN, Table, table


def build(cp: Any, problem: TransferProblem) -> CpModel:
    model = CpModel(cp)
    _Flow(model, table(problem)).build()
    return model


class _Flow:
    def __init__(self, to: CpModel, known: Table) -> None:
        self.to, self.known = to, known
        self.goes: dict[tuple[int, int], Any] = {}
        self.of_group: dict[int, list[Any]] = defaultdict(list)
        self.come: dict[int, list[Any]] = defaultdict(list)
        self.load: dict[int, list[Any]] = defaultdict(list)

    def build(self) -> None:
        self._groups()
        model, known = self.to.model, self.known
        size, free = known.size.tolist(), known.city.free.tolist()
        for group, parts in self.of_group.items():
            model.add(self.to.sum(parts) == size[group])
        for unit, parts in self.come.items():
            model.add(self.to.sum(parts) <= free[unit])
        self._steps()
        self.to.minimise()
        self.to.read = self._read

    def _groups(self) -> None:
        known = self.known
        size, remains = known.size.tolist(), known.remains.tolist()
        lies = np.where(known.loads, known.needs.bed, -1).tolist()
        for group, row in enumerate(known.cost.tolist()):
            for unit, points in enumerate(row):
                if points < FORBIDDEN:
                    goes = self.goes[group, unit] = self.to.count(size[group], points)
                    self.of_group[group].append(goes)
                    self.come[unit].append(goes)
                    self.load[unit].append(goes)
            stays = self.to.count(size[group], remains[group])
            self.of_group[group].append(stays)
            if lies[group] >= 0:
                self.load[lies[group]].append(stays)

    def _steps(self) -> None:
        """A unit's load fills its steps from below, because each is dearer than the one before."""
        rooms, points = self.known.room.tolist(), self.known.points.tolist()
        for unit, parts in self.load.items():
            steps = zip(rooms[unit], points, strict=True)
            filled = [self.to.count(room, price) for room, price in steps if room]
            self.to.model.add(self.to.sum(parts) == self.to.sum(filled))

    def _read(self, value: Value) -> dict[str, list[str]]:
        """Patient -> hospital and level; who is not named remains."""
        units = self.known.city.units
        left = [list(group.keys) for group in self.known.groups]
        plan = {}
        for (group, unit), goes in self.goes.items():
            hospital, beds = units[unit]
            for _ in range(value(goes)):
                plan[left[group].pop()] = [hospital.key, beds.level]
        return plan
