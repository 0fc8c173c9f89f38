"""Makes the groups of a hospital's month; reads them again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlmodel import Session

from domain.analysis.facts import Happened, cells, happened_in
from domain.analysis.groups import Fact, Group, groups_of
from domain.analysis.months import Month
from domain.analysis.words import ANALYTIC, Cube, Dataset, cubes, rules
from domain.patients.refusing import Viewer, in_force, refused


@dataclass(frozen=True, slots=True)
class Made:
    """Groups of all cubes of a dataset as JSON, and how many people were left out."""

    groups: str
    left_out: int


def make(
    session: Session, dataset: Dataset, hospital_id: UUID, month: Month, now: datetime
) -> Made:
    """Group everybody but those who refuse. Too few people of a month leave no group at all."""
    happened = happened_in(session, dataset, hospital_id, month)
    refusing = _refusing(session, now)
    kept = [one for one in happened if one.person not in refusing]
    left_out = {one.person for one in happened} & refusing
    found = {cube.name: _grouped(kept, cube) for cube in cubes() if cube.dataset is dataset}
    return Made(orjson.dumps(found).decode(), len(left_out))


def read(text: str, cube: Cube) -> list[Group]:
    """The groups of a cube as they were made."""
    return [
        Group(tuple(tuple(cell) for cell in group["cells"]), group["cases"],
              tuple(group["amounts"]))
        for group in orjson.loads(text)[cube.name]
    ]  # fmt: skip


def _grouped(happened: list[Happened], cube: Cube) -> list[dict[str, object]]:
    at = cells(happened, cube.dimensions)
    facts = [Fact(one.person, cell, one.amount) for one, cell in zip(happened, at, strict=True)]
    return [
        {"cells": group.cells, "cases": group.cases, "amounts": group.amounts}
        for group in groups_of(facts, rules()["least_people"])
    ]


def _refusing(session: Session, now: datetime) -> frozenset[UUID]:
    """A release serves every analyst and purpose, so whoever refuses one of them is not in it."""
    viewers = (Viewer(purpose, frozenset({"analyst"}), frozenset()) for purpose in ANALYTIC)
    found = (refused(in_force(session, now, viewer), viewer) for viewer in viewers)
    return frozenset().union(*found)
