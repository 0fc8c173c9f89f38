"""A plan under construction: who is where on which night, and what one more patient would cost.

Sets of nights are whole numbers (bit n for night n), so that a stay is tested against a room in
one step however many nights it has.
"""

from collections import defaultdict

from solvers.admission_table import Option, Table


class State:
    """The options of all patients and what they add up to. The room after the last one is
    nowhere: there is always space in it."""

    def __init__(self, table: Table) -> None:
        rooms, nights = len(table.rooms), table.nights
        self.table = table
        self.option = [table.waiting(i) for i in range(len(table.patients))]
        self.fixed_cost = sum(table.unplanned)  # without company and buffers
        self.beds = [*table.capacity, [len(table.patients) + 1] * nights]
        self.count = [[[0] * nights for _ in range(rooms + 1)] for _ in range(2)]  # women, men
        # Nights without a free bed; nights with fewer of this sex than of the other, by one or
        # more and by two or more.
        self.full = [self._full(room) for room in range(rooms + 1)]
        self.less: list[list[int]] = [[0] * (rooms + 1) for _ in range(2)]
        self.less2: list[list[int]] = [[0] * (rooms + 1) for _ in range(2)]
        self.mixing, self.mixes = [*table.mixing, 0], [*table.mixes, 0]
        self.inside: list[list[int]] = [[] for _ in range(rooms + 1)]
        self.ward_load = [[0] * nights for _ in table.wards]
        self.theatre_left = list(table.theatre)
        self.cohorts: list[dict[str, list[int]]] = [defaultdict(list) for _ in range(rooms + 1)]
        self._in_set: dict[int, tuple[tuple[int, int], ...]] = {}

    def copy(self) -> "State":
        other = State(self.table)
        for patient, option in enumerate(self.option):
            if option.parts:
                other.put(patient, option)
        return other

    @property
    def cost(self) -> int:
        """What the plan costs, company and buffers included."""
        return self.fixed_cost + self._mixed() + self._buffers()

    def put(self, patient: int, option: Option) -> None:
        """Replace the patient's option. Whether it fits is asked before."""
        old = self.option[patient]
        self.fixed_cost += option.cost - old.cost
        self._count(patient, old, -1)
        self._count(patient, option, 1)
        self.option[patient] = option

    def fits(self, patient: int, option: Option) -> bool:
        """Free beds, cohort, staffed beds and theatre allow the option beside all the others."""
        return self.obstacle(patient, option) is None

    def obstacle(self, patient: int, option: Option) -> str | None:
        """The first rule that keeps the option from being added; None if it fits."""
        for room, nights in option.parts:
            if self.full[room] & nights:
                return "BEDS"
            if self.table.has_cohorts and not self._one_cohort(patient, room, nights):
                return "CO_BLOCKING"
        if not self._staffed(option):
            return "STAFFED_CAPACITY"
        return None if self._operated(patient, option) else "THEATRE_TIME"

    def company(self, patient: int, option: Option) -> int:
        """What the option adds for mixed rooms and used buffers."""
        less = self.less[self.table.sex[patient]]
        mixed = sum(
            self.mixing[room] * (less[room] & nights & self.mixes[room]).bit_count()
            for room, nights in option.parts
        )
        return mixed + self._buffer_of(option)

    def _count(self, patient: int, option: Option, by: int) -> None:
        table, sex = self.table, self.table.sex[patient]
        for room, nights in option.parts:
            load, count = self.ward_load[table.ward_of[room]], self.count[sex][room]
            for night, _bit in self._nights_of(nights):
                load[night] += by
                count[night] += by
            if by > 0:
                self.inside[room].append(patient)
            else:
                self.inside[room].remove(patient)
            if table.has_cohorts:
                self._remember(patient, room, nights, by)
            self._refresh(room, nights)
        if self.theatre_left and option.parts:
            use = table.theatre_use(patient, option.start)
            if use is not None:
                self.theatre_left[use[0]] -= by * use[1]

    def _nights_of(self, nights: int) -> tuple[tuple[int, int], ...]:
        """The nights of a set, each with its bit; few sets ever come about, so they are kept."""
        known = self._in_set.get(nights)
        if known is None:
            known = tuple((n, 1 << n) for n in range(self.table.nights) if nights >> n & 1)
            self._in_set[nights] = known
        return known

    def _remember(self, patient: int, room: int, nights: int, by: int) -> None:
        cohort = self.table.cohort[patient]
        if cohort:
            sets = self.cohorts[room][cohort]
            sets.append(nights) if by > 0 else sets.remove(nights)

    def _full(self, room: int) -> int:
        beds = self.beds[room]
        women, men = self.count[0][room], self.count[1][room]
        return sum(
            1 << night for night, most in enumerate(beds) if women[night] + men[night] >= most
        )

    def _refresh(self, room: int, nights: int) -> None:
        """Count the sets of nights of a room anew where these nights have changed."""
        others = ~nights
        full, fewer_w, fewer_m = self.full[room], self.less[0][room], self.less[1][room]
        full, fewer_w, fewer_m = full & others, fewer_w & others, fewer_m & others
        fewer_w2, fewer_m2 = self.less2[0][room] & others, self.less2[1][room] & others
        beds, women, men = self.beds[room], self.count[0][room], self.count[1][room]
        for night, bit in self._nights_of(nights):
            w, m = women[night], men[night]
            if w + m >= beds[night]:
                full |= bit
            if w < m:
                fewer_w |= bit
                if w < m - 1:
                    fewer_w2 |= bit
            elif m < w:
                fewer_m |= bit
                if m < w - 1:
                    fewer_m2 |= bit
        self.full[room] = full
        self.less[0][room], self.less[1][room] = fewer_w, fewer_m
        self.less2[0][room], self.less2[1][room] = fewer_w2, fewer_m2

    def _one_cohort(self, patient: int, room: int, nights: int) -> bool:
        mine = self.table.cohort[patient]
        if mine:
            others = (each for each in self.inside[room] if self.table.cohort[each] != mine)
            return not any(self.nights_in(other, room) & nights for other in others)
        return not any(taken & nights for sets in self.cohorts[room].values() for taken in sets)

    def nights_in(self, patient: int, room: int) -> int:
        return sum(nights for where, nights in self.option[patient].parts if where == room)

    def _staffed(self, option: Option) -> bool:
        for room, nights in option.parts:
            ward = self.table.ward_of[room]
            most, load = self.table.staffed[ward], self.ward_load[ward]
            if most is not None and any(
                nights >> night & 1 and load[night] >= most[night] for night in range(len(load))
            ):
                return False
        return True

    def _operated(self, patient: int, option: Option) -> bool:
        use = self.table.theatre_use(patient, option.start) if option.parts else None
        return use is None or use[1] <= self.theatre_left[use[0]]

    def _buffer_of(self, option: Option) -> int:
        weight, used = self.table.rules.weight.get("BUFFER_USED", 0), 0
        for room, nights in option.parts:
            ward = self.table.ward_of[room]
            quiet, load = self.table.quiet[ward], self.ward_load[ward]
            if quiet is not None:
                used += sum(1 for n in range(len(load)) if nights >> n & 1 and load[n] >= quiet[n])
        return weight * used

    def _mixed(self) -> int:
        return sum(
            weight * min(women, men)
            for room, weight in enumerate(self.mixing)
            if weight
            for night, (women, men) in enumerate(zip(*(s[room] for s in self.count), strict=True))
            if self.mixes[room] >> night & 1
        )

    def _buffers(self) -> int:
        weight = self.table.rules.weight.get("BUFFER_USED", 0)
        return sum(
            weight * sum(max(0, there - most) for there, most in zip(load, quiet, strict=True))
            for load, quiet in zip(self.ward_load, self.table.quiet, strict=True)
            if quiet is not None
        )
