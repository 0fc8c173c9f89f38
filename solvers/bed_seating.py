"""From columns to beds: which request lies in which bed of the chosen pool, by key order."""

from collections import defaultdict

from solvers.bed_columns import Column, Table


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
