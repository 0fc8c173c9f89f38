"""The Merkle tree of RFC 6962: roots, proofs, and the right edge that grows by appending.

Leaves are SHA-256(0x00 ‖ body), nodes SHA-256(0x01 ‖ left ‖ right), so a node can never be shown
as a leaf. Nothing here knows what a body says.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
TILE_HEIGHT = 8  # stored hashes stand for 256^level leaves (C2SP tlog-tiles)

# (level, index) -> hash of the complete subtree over leaves [index·2^level, (index+1)·2^level)
Node = Callable[[int, int], bytes]


def leaf_hash(body: bytes) -> bytes:
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def level_up(hashes: Sequence[bytes]) -> list[bytes]:
    """The parents of complete pairs; an odd last hash has no parent yet."""
    pairs = iter(hashes)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs)]  # noqa: B905 - the odd one out is meant


def fold(edge: Iterable[bytes]) -> bytes:
    """The root of complete subtrees that stand side by side, largest first."""
    root = b""
    for subtree in reversed(list(edge)):
        root = node_hash(subtree, root) if root else subtree
    return root or EMPTY_ROOT


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


class Frontier:
    """The complete subtrees on the right edge: all that is needed to append."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(edge):
            raise ValueError("a frontier has one hash for each bit that is set in its size")
        self.size = size
        self.edge = list(edge)

    def copy(self) -> "Frontier":
        return Frontier(self.size, self.edge)

    def root(self) -> bytes:
        return fold(self.edge)

    def extend(self, leaves: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        """Append leaf hashes; returns the tile hashes completed: (level, index, hash)."""
        edge, size, completed = self.edge, self.size, []
        for leaf in leaves:
            subtree, height = leaf, 0
            while size >> height & 1:
                subtree, height = sha256(b"\x01" + edge.pop() + subtree).digest(), height + 1
                if height % TILE_HEIGHT == 0:
                    completed.append((height // TILE_HEIGHT, size >> height, subtree))
            edge.append(subtree)
            size += 1
        self.size = size
        return completed


def range_root(start: int, end: int, node: Node) -> bytes:
    """The hash of leaves [start, end); start divides by a power of two that is ≥ the width."""
    edge = []
    while start < end:
        level = (end - start).bit_length() - 1
        edge.append(node(level, start >> level))
        start += 1 << level
    return fold(edge)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of a leaf in the tree of `size` leaves. Raises ValueError outside it."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Shows that the tree of `old` leaves is the beginning of that of `new`."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot begin a tree of {new}")
    if old in (0, new):
        return []
    path, start, end, whole = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(range_root(start, end, node))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 section 2.1.3.2. False on any mismatch, never an exception."""
    if not 0 <= index < size or any(len(step) != 32 for step in path):
        return False
    here, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(step, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def check_consistency(
    old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """RFC 9162 section 2.1.4.2. False on any mismatch, never an exception."""
    if not 0 <= old <= new or any(len(step) != 32 for step in path):
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    return _climb(old, new, steps) == (old_root, new_root)


def _climb(old: int, new: int, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, step)
        here, last = here >> 1, last >> 1
    return (first, second) if last == 0 else None


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1
