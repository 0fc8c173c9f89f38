"""The authorisation matrix: the expectation as it is checked in, and how the program is asked.

`expected.csv` has a row per root field and place and a column per role; `bound.csv` says where
each role is held; `classes.csv` which classes of data a role sees; `output_fields.csv` the class
of every output field. Nothing here is computed from the policy: a change of rights shows in a
review as a change of these tables.
"""

import csv
from enum import StrEnum
from pathlib import Path
from typing import Any

import anyio

from authz.rules import Holder
from authz.shipped import shipped_policy
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind, Scope
from tests.matrix.asking import Root, arguments, ask, problem_of, roots
from tests.matrix.corner import City

FOLDER = Path(__file__).parent
ROLES = tuple(
    role
    for role, holder in shipped_policy().roles.items()
    if holder not in (Holder.PART, Holder.BUILT_IN)
)
PLACES = {"own": "EAST/A", "other ward": "EAST/B", "other hospital": "WEST/A"}
AT_ONCE = 2  # more would be told that too many passwords are being hashed


class Cell(StrEnum):
    """What somebody may expect of a field in a place."""

    LET_IN = "+"  # answered, or refused for what is asked and not for who asks
    EMPTY = "0"  # a list without rows, a node that is null
    DENIED = "D"
    NOT_FOUND = "N"
    FAULT = "fault"


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of the checked-in tables."""
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def people(city: City) -> dict[str, Actor]:
    """One account per role, bound where `bound.csv` says, with a session."""
    own = city.corners[PLACES["own"]].scope
    places = {"ward": own, "hospital": Scope(own.hospital), "network": NETWORK}
    found = {}
    for row in table("bound.csv"):
        held = city.enrol(row["role"], scope=places[row["held in"]])
        found[row["role"]] = Actor(
            held.id, ActorKind.SERVICE, session=new_id(), purpose_stated=True
        )
    return found


async def answers(
    city: City, actor: Actor, place: str, fields: list[Root], gate: anyio.Semaphore
) -> dict[str, Cell]:
    """By field: what this person gets when asking about that place."""
    corner = city.corners[PLACES[place]]
    found = {}
    for root in fields:
        async with gate:
            answer = await ask(root, city, actor, arguments(root, city, corner))
        found[root.label] = judged(root, answer)
    return found


def judged(root: Root, answer: dict[str, Any]) -> Cell:
    problem = problem_of(root, answer)
    if problem is not None:
        code = problem["code"]
        known = {"DENIED": Cell.DENIED, "NOT_FOUND": Cell.NOT_FOUND}
        if code in ("FAULT", "BAD_DOCUMENT"):
            return Cell.FAULT
        if problem["reason"] not in ("DENIED", "NO_RIGHT", "NOT_FOUND"):
            return Cell.LET_IN  # a rule of the command, e.g. nobody disables their own account
        return known.get(code, Cell.LET_IN)
    got = answer["data"][root.name]
    nothing = got is None or got == [] or (isinstance(got, dict) and got.get("nodes") == [])
    return Cell.EMPTY if nothing else Cell.LET_IN


async def asked_at_once(
    city: City, who: dict[str, Actor], place: str, fields: list[Root]
) -> dict[str, dict[str, Cell]]:
    """`answers` of everybody, by role; their commands share the writer's commits."""
    found: dict[str, dict[str, Cell]] = {}
    gate = anyio.Semaphore(AT_ONCE)

    async def one(role: str) -> None:
        found[role] = await answers(city, who[role], place, fields, gate)

    async with anyio.create_task_group() as group:
        for role in who:
            group.start_soon(one, role)
    return found


def everything_asked(city: City, who: dict[str, Actor]) -> dict[tuple[str, str, str], Cell]:
    """By field, place and role. Reads come first: what they find, no mutation has changed."""
    reads = [root for root in roots() if root.operation != "mutation"]
    changes = [root for root in roots() if root.operation == "mutation"]
    found: dict[tuple[str, str, str], Cell] = {}
    for fields in (reads, changes):
        for place in PLACES:
            by_role = anyio.run(asked_at_once, city, who, place, fields)
            for role, cells in by_role.items():
                found |= {(field, place, role): cell for field, cell in cells.items()}
    return found
