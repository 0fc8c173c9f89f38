"""The tree against RFC 6962's published vectors and against the definition itself."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.tiles import Tiles, stored_in, stored_levels
from audit.tree import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)

# certificate-transparency, merkletree tests: leaves and roots of trees of 1 to 8 leaves
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(body) for body in INPUTS]


def node_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return Tiles(stored_in(stored_levels(leaves))).node


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def test_the_empty_tree_has_the_published_root() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_a_published_inclusion_proof_is_made_and_accepted() -> None:
    path = inclusion_proof(5, 8, node_of(LEAVES))
    assert [step.hex() for step in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert check_inclusion(LEAVES[5], 5, 8, path, bytes.fromhex(ROOTS[7]))


def test_a_published_consistency_proof_is_made_and_accepted() -> None:
    path = consistency_proof(6, 8, node_of(LEAVES))
    assert [step.hex() for step in path] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert check_consistency(6, 8, path, bytes.fromhex(ROOTS[5]), bytes.fromhex(ROOTS[7]))


@given(st.integers(0, 600))
def test_the_frontier_agrees_with_the_definition(size: int) -> None:
    leaves = [leaf_hash(bytes([n % 251, n // 251])) for n in range(size)]
    assert root_of(leaves) == naive_root(leaves)


@given(st.integers(1, 600), st.data())
def test_every_inclusion_proof_holds_for_its_leaf_only(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([n % 251, n // 251])) for n in range(size)]
    index, root = data.draw(st.integers(0, size - 1)), naive_root(leaves)
    path = inclusion_proof(index, size, node_of(leaves))
    assert check_inclusion(leaves[index], index, size, path, root)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert not check_inclusion(leaves[other], index, size, path, root)
        assert not check_inclusion(leaves[index], other, size, path, root)
    assert not check_inclusion(leaves[index], index, size, [*path, root], root)
    assert not check_inclusion(leaves[index], size, size, path, root)


@given(st.integers(0, 600), st.integers(0, 600))
def test_every_consistency_proof_holds_and_no_longer_once_bent(one: int, other: int) -> None:
    old, new = sorted((one, other))
    leaves = [leaf_hash(bytes([n % 251, n // 251])) for n in range(new)]
    roots = naive_root(leaves[:old]), naive_root(leaves)
    path = consistency_proof(old, new, node_of(leaves))
    assert check_consistency(old, new, path, *roots)
    if old not in (0, new):
        assert not check_consistency(old, new, path, roots[1], roots[0])
        assert not check_consistency(old, new, path[:-1], *roots)
        assert not check_consistency(old - 1, new, path, *roots)


def test_a_node_is_never_a_leaf() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != root_of(LEAVES[:2])


def test_the_frontier_reports_each_tile_once() -> None:
    leaves = [leaf_hash(n.to_bytes(4, "big")) for n in range(256 * 3 + 5)]
    frontier = Frontier()
    completed = frontier.extend(leaves[:300]) + frontier.extend(leaves[300:])
    expected = stored_levels(leaves)[1]
    assert completed == [(1, n, digest) for n, digest in enumerate(expected)]


@pytest.mark.parametrize(("size", "edge"), [(1, []), (0, [b"x"]), (-1, []), (3, [b"x"])])
def test_a_frontier_that_cannot_be_is_refused(size: int, edge: list[bytes]) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier(size, edge)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(index, size, node_of(LEAVES[:3]))


def test_a_missing_stored_hash_is_an_error_not_a_wrong_proof() -> None:
    with pytest.raises(ValueError, match="not stored"):
        inclusion_proof(0, 8, node_of(LEAVES[:7]))
