"""Other places for one patient, with what the whole plan would cost more.

With the patient fixed elsewhere the best plan differs from this one along one cheapest way of
handing a place on: the patient takes a bed, whoever makes room takes another one, until someone
takes the place that was left, or the load carries one more. That way is the shortest path in the
plan's residual network (Ahuja, Magnanti, Orlin, Network Flows, 1993, 9.5), so its length is the
exact price of solving again, where the plan is an optimum.
"""

import numpy as np

from solvers.engine import Status
from solvers.transfer_city import NOWHERE, Needs, Whole
from solvers.transfer_judge import broken, terms_going, terms_remaining, waived
from solvers.transfer_plan import Alternative, Decision, TransferPlan, WhyNot
from solvers.transfer_search import loads
from solvers.transfer_table import FORBIDDEN, Number, Table

HOPS = 3  # hand-overs looked at where the plan is no optimum and longer ways prove nothing


class TransferAlternatives:
    """A plan prepared for questions. Nodes: the beds of each unit, its load, and the outside."""

    def __init__(self, known: Table, plan: TransferPlan) -> None:
        self.known, self.plan = known, plan
        self.exact = plan.outcome.status is Status.OPTIMAL
        self._many = len(known.city.units)
        self._outside = 2 * self._many
        self._group_of = {key: i for i, group in enumerate(known.groups) for key in group.keys}
        self._item_of = {item.patient: item for item in plan.items}
        self._flow = self._flow_of_plan()
        self._ways = self._residual()

    def of(self, patient: str, top: int = 5) -> tuple[Alternative, ...]:
        """The cheapest other places, waiting or staying among them."""
        group, now, prices = self._prices(patient)
        choices = [
            (round(price), unit)
            for unit, price in enumerate(prices)
            if unit != now and price < FORBIDDEN / 2
        ]
        return tuple(self._alternative(group, unit, price) for price, unit in sorted(choices)[:top])

    def why_not(self, patient: str, hospital: str) -> tuple[WhyNot, ...]:
        """For each unit of the hospital: the rules against it, or what it would cost more."""
        group, now, prices = self._prices(patient)
        city = self.known.city
        if hospital not in {each.key for each in city.problem.hospitals}:
            raise ValueError(f"hospital: {hospital} is not part of the problem")
        tables = broken(city, Needs(city, [self.known.groups[group].patient]))
        answers = []
        for unit, (place, beds) in enumerate(city.units):
            if place.key == hospital:
                against = tuple(code for code, table in tables.items() if table[0, unit])
                price = None if prices[unit] >= FORBIDDEN / 2 else round(float(prices[unit]))
                price = 0 if unit == now else price
                answers.append(WhyNot(hospital, beds.level, against, price, self.exact))
        return tuple(answers)

    def _prices(self, patient: str) -> tuple[int, int, Number]:
        """The patient's group, where the patient is now (the last place: remains), and what
        each place would cost the plan more."""
        if patient not in self._group_of:
            raise ValueError(f"patient: {patient} is not part of the problem")
        group, item = self._group_of[patient], self._item_of[patient]
        goes = item.decision is Decision.GOES
        now = self.known.city.unit_of[str(item.hospital), str(item.level)] if goes else self._many
        cost = np.append(self.known.cost[group], self.known.remains[group]).astype(float)
        nodes = np.append(np.arange(self._many), self._stays_at(group))
        way = self._ways_to(int(nodes[now]))
        return group, now, cost - cost[now] + way[nodes]

    def _alternative(self, group: int, unit: int, price: int) -> Alternative:
        city = self.known.city
        patient = self.known.groups[group].patient
        needs = Needs(city, [patient])
        if unit == self._many:
            terms = terms_remaining(city, needs)[0]
            decision = Decision.STAYS if patient.may_stay else Decision.WAITS
            hospital = patient.origin if patient.may_stay else None
            level = patient.lies_in if patient.may_stay else None
            return Alternative(decision, hospital, level, price, self.exact, terms, ())
        place, beds = city.units[unit]
        terms = terms_going(city, needs, np.array([0]), np.array([unit]))[0]
        free_of = waived(city, patient, place.key)
        return Alternative(Decision.GOES, place.key, beds.level, price, self.exact, terms, free_of)

    def _stays_at(self, group: int) -> int:
        bed = int(self.known.needs.bed[group])
        return self._outside if bed == NOWHERE else self._many + bed

    def _flow_of_plan(self) -> Whole:
        flow = np.zeros((len(self.known.groups), self._many + 1), dtype=np.int32)
        for item in self.plan.items:
            goes = item.decision is Decision.GOES
            unit = (
                self.known.city.unit_of[str(item.hospital), str(item.level)] if goes else self._many
            )
            flow[self._group_of[item.patient], unit] += 1
        return flow

    def _residual(self) -> Number:
        """[nodes × nodes]: what it costs to pass one patient on from one node to another."""
        ways = np.full((self._outside + 1,) * 2, np.inf)
        known, many = self.known, self._many
        come, above = loads(known, self._flow)
        filled = np.cumsum(known.room, axis=1, dtype=np.int64)
        for unit in range(many):
            if come[unit] < known.city.free[unit]:
                ways[unit, many + unit] = 0
            if come[unit] > 0:
                ways[many + unit, unit] = 0
            step = int((above[unit] >= filled[unit]).sum())
            ways[many + unit, self._outside] = known.points[step]
            if above[unit] > 0:
                last = int((above[unit] - 1 >= filled[unit]).sum())
                ways[self._outside, many + unit] = -known.points[last]
        groups, places = np.nonzero(self._flow)
        for group, place in zip(groups.tolist(), places.tolist(), strict=True):
            self._pass_on(ways, group, place)
        np.fill_diagonal(ways, 0.0)
        return ways

    def _pass_on(self, ways: Number, group: int, place: int) -> None:
        """A patient of the group may leave the place for any other the group may have."""
        known, many = self.known, self._many
        stays = self._stays_at(group)
        node = stays if place == many else place
        own = known.remains[group] if place == many else known.cost[group, place]
        cost = np.where(known.cost[group] < FORBIDDEN, known.cost[group] - float(own), np.inf)
        ways[node, :many] = np.minimum(ways[node, :many], cost)
        ways[node, stays] = min(ways[node, stays], float(known.remains[group]) - float(own))

    def _ways_to(self, node: int) -> Number:
        """The cheapest way from every node to this one (Bellman, Ford)."""
        best = np.full(len(self._ways), np.inf)
        best[node] = 0.0
        for _ in range(len(best) if self.exact else HOPS):
            nearer = np.minimum(best, (self._ways + best).min(axis=1))
            if np.array_equal(nearer, best):
                break
            best = nearer
        return best
