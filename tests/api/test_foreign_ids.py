"""Ids of one hospital sent by a user of another: the reply is that to an id nobody has."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest

from kit.ids import new_id
from kit.work import Actor, ActorKind, Scope
from tests.databases import Databases
from tests.house import house
from tests.matrix.asking import Root, arguments, ask, points_at, roots
from tests.matrix.city import fill
from tests.matrix.corner import City

CLINICAL = ("house-supervisor", "charge-nurse", "physician", "infection-control", "duty-executive")
OFFICE = (
    ("system-administrator",),
    ("security-administrator",),
    ("compliance-officer",),
)
# Accounts belong to the network, so no account is foreign to anybody who may name one; and every
# hospital may be asked to take a patient.
OF_THE_NETWORK = frozenset({"account", "other_hospital"})


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with (
        databases.migrated("sqlite") as url,
        house(url, tmp_path_factory.mktemp("city")) as app,
    ):
        yield fill(app, url)


@pytest.fixture(scope="module")
def users(city: City) -> list[Actor]:
    """People of the west hospital who together may do everything in it."""
    there = Scope(city.corners["WEST/A"].scope.hospital)
    found = (city.enrol(*roles, scope=there) for roles in (CLINICAL, *OFFICE))
    return [Actor(one.id, ActorKind.SERVICE, session=new_id()) for one in found]


def label_of(given: Root | str) -> str:
    return given.label if isinstance(given, Root) else given


CASES = [
    (root, path)
    for root in roots()
    for path in root.pointers()
    if points_at(root, path.rpartition(".")[2]) not in OF_THE_NETWORK
]
ASKED = sorted({root for root, _ in CASES}, key=label_of)


@pytest.mark.parametrize(("root", "path"), CASES, ids=label_of)
def test_one_foreign_id_is_answered_like_an_unknown_one(
    city: City, users: list[Actor], root: Root, path: str
) -> None:
    foreign = city.corners["EAST/A"].ids[points_at(root, path.rpartition(".")[2])]
    for user in users:
        assert heard(city, user, root, {path: foreign}) == heard(city, user, root, {path: uuid4()})


@pytest.mark.parametrize("root", ASKED, ids=label_of)
def test_nothing_but_foreign_ids_is_answered_like_nothing_but_unknown_ones(
    city: City, users: list[Actor], root: Root
) -> None:
    ids = city.corners["EAST/A"].ids
    paths = [path for one, path in CASES if one == root]
    foreign = {path: ids[points_at(root, path.rpartition(".")[2])] for path in paths}
    made: dict[UUID, UUID] = {}  # fields that point at one thing do so here too
    unknown = {path: made.setdefault(foreign[path], uuid4()) for path in paths}
    for user in users:
        assert heard(city, user, root, foreign) == heard(city, user, root, unknown)


KINDS = ("hospital", "ward", "room", "bed", "patient", "encounter", "stay", "request", "hold",
         "task", "waiver", "assignment", "plan", "item", "token", "binding")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_foreign_node_is_no_node(city: City, users: list[Actor], kind: str) -> None:
    node = next(root for root in roots() if root.name == "node")
    foreign = city.corners["EAST/A"].ids[kind]
    for user in users:
        assert heard(city, user, node, {"id": foreign}) == {"data": {"node": None}}


def heard(city: City, user: Actor, root: Root, sent: dict[str, UUID]) -> dict[str, Any]:
    """The reply to the west corner's own ids but those `sent`, these written as their paths."""
    given = arguments(root, city, city.corners["WEST/A"], sent)

    async def asked() -> dict[str, Any]:
        return await ask(root, city, user, given)

    reply: dict[str, Any] = replaced(anyio.run(asked), {str(k): path for path, k in sent.items()})
    return reply


def replaced(answer: Any, names: dict[str, str]) -> Any:
    if isinstance(answer, dict):
        # an incident has a number of its own each time
        return {k: replaced(v, names) for k, v in answer.items() if k != "incident"}
    if isinstance(answer, list):
        return [replaced(one, names) for one in answer]
    if isinstance(answer, str):
        for key, name in names.items():
            answer = answer.replace(key, f"<{name}>")
    return answer
