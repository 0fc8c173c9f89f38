"""Role × root field × place, compared with the table that people have read."""

from datetime import timedelta

import anyio
import httpx
import pytest

from api.program import serve
from kit.ids import new_id
from tests.matrix.asking import Root, arguments, roots, text_of
from tests.matrix.corner import City
from tests.matrix.grid import PLACES, ROLES, Cell, everything_asked, people, table

EXPECTED = {(row["field"], row["place"]): row for row in table("expected.csv")}
OPEN_TO_STRANGERS = {"Mutation.login", "Mutation.refresh"}


def test_every_field_and_place_has_one_row_and_nothing_else_has() -> None:
    wanted = {(root.label, place) for root in roots() for place in PLACES}
    assert set(EXPECTED) == wanted
    assert len(table("expected.csv")) == len(wanted)


def test_every_role_has_a_column_and_a_place() -> None:
    assert {frozenset(row) - {"field", "place"} for row in EXPECTED.values()} == {frozenset(ROLES)}
    assert [row["role"] for row in table("bound.csv")] == list(ROLES)


def test_no_cell_of_the_table_is_a_fault() -> None:
    words = {row[role] for row in EXPECTED.values() for role in ROLES}
    assert words == {Cell.LET_IN, Cell.EMPTY, Cell.DENIED, Cell.NOT_FOUND}


def test_the_program_answers_as_the_table_says(city: City) -> None:
    found = everything_asked(city, people(city))
    wrong = [
        f"{field} in {place} as {role}: {cell}, expected {EXPECTED[field, place][role]}"
        for (field, place, role), cell in found.items()
        if cell != EXPECTED[field, place][role]
    ]
    assert wrong == []


@pytest.fixture(scope="module")
def door(city: City) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(serve(city.app), client=("192.0.2.7", 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://h")


def expired(city: City) -> str:
    """A token of a person who may do much, signed by this house an hour ago."""
    person = city.enrol("house-supervisor", scope=city.corners["EAST/A"].scope)
    then = city.app.clock() - timedelta(hours=1)
    token, _ = city.app.tokens.sign(person.id, new_id(), person.kind, 1, then)
    return token


@pytest.mark.parametrize("who", ["nobody", "somebody with an expired token"])
def test_who_is_not_logged_in_may_only_log_in(
    city: City, door: httpx.AsyncClient, who: str
) -> None:
    headers = {} if who == "nobody" else {"authorization": f"Bearer {expired(city)}"}

    async def send(root: Root) -> tuple[int, str]:
        given = arguments(root, city, city.corners["EAST/A"])
        body = {"query": text_of(root), "variables": given}
        reply = await door.post("/graphql", json=body, headers=headers)
        answer = reply.json()
        errors = answer.get("errors") or [{"extensions": {"code": ""}}]
        return reply.status_code, errors[0]["extensions"]["code"]

    async def everything() -> dict[str, tuple[int, str]]:
        return {root.label: await send(root) for root in roots()}

    found = anyio.run(everything)
    refused = {label: told for label, told in found.items() if label not in OPEN_TO_STRANGERS}
    watching = {label: told for label, told in refused.items() if label.startswith("Subscription")}
    assert set(watching.values()) == {(200, "USE_WEBSOCKET")}
    assert {told for label, told in refused.items() if label not in watching} == {
        (401, "UNAUTHENTICATED")
    }
    assert {found[label] for label in OPEN_TO_STRANGERS} == {(200, "")}
