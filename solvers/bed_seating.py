"""From columns to beds: which request lies in which bed of the chosen pool, by key order."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from solvers.bed_columns import Column, Table
from solvers.bed_pools import RoomGroup


def seat(table: Table, columns: list[Column]) -> dict[str, str]:
    """Request key → bed key. Rooms of one company are filled one after the other."""
    requests = table.hospital.problem.requests
    by_group: dict[int, dict[int, dict[int, list[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for column in sorted(columns):
        by_group[column.group][column.company][column.pool].append(requests[column.request].key)
    beds: dict[str, str] = {}
    for number, companies in sorted(by_group.items()):
        pools = table.groups[number].pools
        first_room = 0
        for _, by_pool in sorted(companies.items()):
            rooms = 0
            for pool_number, keys in sorted(by_pool.items()):
                pool = pools[pool_number]
                free = (bed for room in pool.rooms[first_room:] for bed in room)
                beds.update(zip(keys, free, strict=False))
                rooms = max(rooms, -(-len(keys) // pool.per_room))
            first_room += rooms
    return beds


def seat_like(
    table: Table, columns: list[Column], like: Mapping[str, str], first: str | None = None
) -> dict[str, str]:
    """As `seat`, but who may stay in the bed of `like` stays there; `first` does before others.

    Beds of a pool are the same to every rule, so this changes names and never the cost.
    """
    requests = table.hospital.problem.requests
    in_company: dict[tuple[int, int], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for column in sorted(columns):
        mine = in_company[column.group, column.company]
        mine[column.pool].append(requests[column.request].key)
    beds: dict[str, str] = {}
    for number in sorted({number for number, _ in in_company}):
        here = {c: by_pool for (n, c), by_pool in in_company.items() if n == number}
        rooms = _rooms_of(table.groups[number], here, like, first)
        for company, by_pool in here.items():
            for pool, keys in by_pool.items():
                names = table.groups[number].pools[pool].rooms
                free = [bed for room in rooms[company] for bed in names[room]]
                beds.update(_stay_or_fill(keys, free, like))
    return beds


_ByPool = dict[int, list[str]]


def _rooms_of(
    group: RoomGroup, here: dict[int, _ByPool], like: Mapping[str, str], first: str | None
) -> dict[int, list[int]]:
    """Company → the rooms it gets: those where most of its people are, `first` before all."""
    wanted = {company: _wanted(group, by_pool, like, first) for company, by_pool in here.items()}
    needed = {
        company: max(-(-len(keys) // group.pools[pool].per_room) for pool, keys in by_pool.items())
        for company, by_pool in here.items()
    }
    free = set(range(group.count))
    spare = group.count - sum(needed.values())
    order = sorted(here, key=lambda c: (max(wanted[c].values(), default=0) < _FIRST, c))
    rooms: dict[int, list[int]] = {}
    for company in order:
        by_wish = sorted(free, key=lambda room: (-wanted[company].get(room, 0), room))
        more = [r for r in by_wish[needed[company] :] if wanted[company].get(r)][:spare]
        rooms[company] = [*by_wish[: needed[company]], *more]
        spare -= len(more)
        free -= set(rooms[company])
    return rooms


_FIRST = 1_000_000  # more than the people of any room


def _wanted(
    group: RoomGroup, by_pool: _ByPool, like: Mapping[str, str], first: str | None
) -> Counter[int]:
    """Room → how many of these people are in it now."""
    found: Counter[int] = Counter()
    for pool, keys in by_pool.items():
        room_of = {bed: i for i, room in enumerate(group.pools[pool].rooms) for bed in room}
        for key in keys:
            room = room_of.get(like.get(key, ""))
            if room is not None:
                found[room] += _FIRST if key == first else 1
    return found


def _stay_or_fill(keys: list[str], free: list[str], like: Mapping[str, str]) -> dict[str, str]:
    stay = {key: like[key] for key in keys if like.get(key) in free}
    kept = set(stay.values())
    others = (key for key in keys if key not in stay)
    return {**stay, **dict(zip(others, (bed for bed in free if bed not in kept), strict=False))}
