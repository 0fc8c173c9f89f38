"""Role × class of data × place, for every field that shows a row, compared with the tables.

`output_fields.csv` says the class of every output field, `classes.csv` who sees a class: of
`all`, only of patients they have `treated`, or not at all (`-`).
"""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from api.classification import object_types
from api.context import Context, snapshot
from api.sight import CLASS, View, look
from authz.classes import DataClass
from domain.patients.care import AssignCare
from domain.patients.model import Encounter
from kit.db import reading
from kit.work import Actor
from tests.matrix.asking import SCHEMA
from tests.matrix.corner import City
from tests.matrix.grid import PLACES, ROLES, people, table

ROOTS = ("Query", "Mutation", "Subscription")
CLASS_OF = {row["field"]: row["class"] for row in table("output_fields.csv")}
SEEN_BY = {row["class"]: row for row in table("classes.csv")}
REACH = {"ward": ("own",), "hospital": ("own", "other ward"), "network": tuple(PLACES)}
HELD_IN = {row["role"]: row["held in"] for row in table("bound.csv")}
SHOWN = object()


def output_fields() -> Iterator[tuple[type, str, str, DataClass]]:
    for name, definition in object_types(SCHEMA).items():
        if name not in ROOTS:
            for field in definition.fields:
                label = f"{name}.{field.python_name}"
                yield definition.origin, field.python_name, label, field.metadata[CLASS]


def test_every_output_field_has_a_row_with_its_class_and_nothing_else_has() -> None:
    assert {label: kind.name for _, _, label, kind in output_fields()} == CLASS_OF
    assert len(table("output_fields.csv")) == len(CLASS_OF)


def test_every_class_and_role_has_a_cell() -> None:
    assert list(SEEN_BY) == [kind.name for kind in DataClass]
    assert {frozenset(row) for row in SEEN_BY.values()} == {frozenset(("class", *ROLES))}


@pytest.fixture(scope="module")
def who(city: City) -> dict[str, Actor]:
    """Everybody treats the patient of each ward who lies there, where they may be assigned."""
    found = people(city)
    for actor in found.values():
        for place in PLACES.values():
            encounter = city.corners[place].ids["encounter"]
            city.do(AssignCare(account_id=actor.id, encounter_id=encounter))
    return found


@pytest.mark.parametrize("treated", [False, True], ids=["somebody's patient", "own patient"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_classes_and_no_other(
    city: City, who: dict[str, Actor], role: str, place: str, treated: bool
) -> None:
    subject = subject_of(city, place) if treated else uuid4()
    reached = place in REACH[HELD_IN[role]]
    wrong = []
    with snapshot(context := Context(city.app, who[role])) as session:
        sight = context.sight(city.corners[PLACES[place]].scope, session, subject)
        for origin, name, label, _ in output_fields():
            if not issubclass(origin, View):
                continue  # part of a field that is hidden as a whole
            cell = SEEN_BY[CLASS_OF[label]][role]
            allowed = CLASS_OF[label] == "GENERAL" or (
                reached and (cell == "all" or (cell == "treated" and treated))
            )
            view = object.__new__(origin)
            view.sight, view.subject = sight, subject
            setattr(view, name, SHOWN)
            if (look(view, name) is SHOWN) is not allowed:
                wrong.append(label)
    assert wrong == []


def subject_of(city: City, place: str) -> UUID:
    with reading(city.app.engine) as session:
        found = session.get(Encounter, city.corners[PLACES[place]].ids["encounter"])
        assert found is not None
        return found.subject
