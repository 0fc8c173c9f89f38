"""Any node of a large tree from few stored hashes: every eighth level is kept, 256 to a tile."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from audit.tree import TILE_HEIGHT, level_up

TILE_WIDTH = 1 << TILE_HEIGHT

# (level, start, count) -> stored hashes of that level; level 0 is the leaves
Stored = Callable[[int, int, int], Sequence[bytes]]


class Tiles:
    """Nodes by (level, index), for audit.tree's proofs. Tiles that are full are kept in memory."""

    def __init__(self, stored: Stored, keep: int = 256) -> None:
        self._stored = stored
        self._keep = keep
        self._full: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """Raises ValueError where the store lacks a hash."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, start = divmod(index << height, TILE_WIDTH)
        rows = self._rows(tile_level, tile)
        try:
            return rows[height][start >> height]
        except IndexError:
            raise ValueError(f"node {index} of level {level} is not stored") from None

    def _rows(self, level: int, tile: int) -> list[list[bytes]]:
        """A tile's stored hashes and the levels above them."""
        known = self._full.get((level, tile))
        if known:
            self._full.move_to_end((level, tile))
            return known
        rows = [list(self._stored(level, tile * TILE_WIDTH, TILE_WIDTH))]
        for _ in range(TILE_HEIGHT - 1):
            rows.append(level_up(rows[-1]))
        if len(rows[0]) == TILE_WIDTH:  # a full tile never changes
            self._full[level, tile] = rows
            if len(self._full) > self._keep:
                self._full.popitem(last=False)
        return rows


def stored_in(levels: Sequence[Sequence[bytes]]) -> Stored:
    """A store in memory: leaves first, then every eighth level."""

    def read(level: int, start: int, count: int) -> Sequence[bytes]:
        return levels[level][start : start + count] if level < len(levels) else ()

    return read


def stored_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """What a store keeps for these leaves."""
    levels = [list(leaves)]
    while len(levels[-1]) >= TILE_WIDTH:
        row = levels[-1]
        for _ in range(TILE_HEIGHT):
            row = level_up(row)
        levels.append(row)
    return levels
