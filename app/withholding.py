"""Whom a reader is not shown because the patient has said so, and when care goes on regardless.

GraphQL asks in api/sight.py, where every field of every view passes, and FHIR in `Looking.sees`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from authz.classes import RECORDED, DataClass
from authz.decision import Decisions
from domain.patients.refusing import Viewer, refusing_subjects
from domain.reviews.flags import flag_rules
from domain.reviews.model import FlagKind
from kit.purpose import PurposeOfUse
from kit.work import Actor, Scope

TREATING = frozenset({PurposeOfUse.TREAT, PurposeOfUse.CAREMGT})
# For these a bed board goes on to show that somebody of this sex and age band lies there.
_HOUSE = TREATING | {PurposeOfUse.HOPERAT}
_FACTS = frozenset({DataClass.PLACEMENT, DataClass.TRANSFER, DataClass.ISOLATION})


@dataclass(frozen=True, slots=True)
class Withheld:
    """Subjects, and the classes of data that are not shown of them."""

    subjects: frozenset[UUID]
    kinds: frozenset[DataClass]


def withheld_from(
    decisions: Decisions, session: Session, actor: Actor, at: datetime
) -> Withheld | None:
    """What directives in force keep from this reader; None where they keep nothing."""
    granted = decisions.granted(actor)
    viewer = Viewer(
        actor.purpose, frozenset(role for role, _ in granted), frozenset(at for _, at in granted)
    )
    subjects = refusing_subjects(session, at, viewer)
    if not subjects:
        return None
    return Withheld(subjects, RECORDED if actor.purpose in _HOUSE else RECORDED | _FACTS)


def cares(decisions: Decisions, actor: Actor, scope: Scope, *, treats: bool, opened: bool) -> bool:
    """True where no directive stands in the way: under break-glass, and for treatment by whoever
    treats the patient or works in care in the very ward. The same roles as in a review's
    NO_CARE_RELATION."""
    if opened:
        return True
    if actor.purpose not in TREATING:
        return False
    roles = flag_rules()[FlagKind.NO_CARE_RELATION].roles
    return treats or (
        scope.ward is not None
        and any(role in roles and place == scope for role, place in decisions.granted(actor))
    )
