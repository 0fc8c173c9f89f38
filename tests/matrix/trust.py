"""Holds, erasures, refusals, a broken glass and what is to be reviewed."""

from datetime import UTC, datetime

from sqlmodel import Session

from app.jobs import PROGRAM
from domain.accounts.model import Account
from domain.break_glass.ending import EndBreakGlass
from domain.break_glass.model import BreakGlassReason
from domain.break_glass.requesting import RequestBreakGlass
from domain.patients.commands import Identity, RegisterPatient
from domain.patients.directive_model import DirectiveWord
from domain.patients.directives import RecordConsentDirective
from domain.privacy.erasing import RequestErasure
from domain.privacy.holds import HoldPatient
from domain.privacy.model import ErasureReason, HoldReason
from domain.privacy.pruning import RequestPruning
from domain.privacy.segments import CloseSegment
from domain.reviews.model import FlagKind, ReviewItem
from kit.db import open_engine
from kit.ids import new_id
from kit.purpose import PurposeOfUse
from kit.work import NETWORK, Actor, ActorKind
from tests.matrix.corner import City, Corner


def privacy(city: City) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    for corner in city.corners.values():
        held = HoldPatient(patient_id=corner.ids["other_patient"], reason=HoldReason.COMPLAINT)
        corner.ids["legal_hold"] = city.do(held, officer).id
        refusal = RecordConsentDirective(
            patient_id=corner.ids["patient"], word=DirectiveWord.DENY, purpose=PurposeOfUse.HPAYMT
        )
        corner.ids["directive"] = city.do(refusal, officer).id
        gone = city.do(RegisterPatient(hospital_id=corner.ids["hospital"], identity=Identity()))
        asked = RequestErasure(patient_id=gone.id, reason=ErasureReason.MISTAKE)
        corner.ids["erasure"] = city.do(asked, officer).id


def archive(city: City) -> None:
    """Two old segments of the ledger; somebody asked to prune the first."""
    officer = city.enrol("compliance-officer", scope=NETWORK)
    old = datetime(2019, 1, 31, tzinfo=UTC)
    first, second = (
        city.do(CloseSegment(
            segment_number=number, first_leaf=number - 1, last_leaf=number - 1, first_at=old,
            last_at=old, manifest="ab" * 32, keep_days=183,
        ), PROGRAM)
        for number in (1, 2)
    )  # fmt: skip
    asked = city.do(RequestPruning(segment_id=first.id), officer)
    for corner in city.corners.values():
        corner.ids["segment"], corner.ids["pruning"] = second.id, asked.id


def break_glass(city: City, corner: Corner) -> None:
    """Somebody broke the glass of the patient, and it is over and to be judged."""
    physician = Actor(city.enrol("physician", scope=corner.scope).id, session=new_id())
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        account = session.get(Account, physician.id)
        assert account is not None
        account.kind, account.login_name, account.totp_confirmed = (
            ActorKind.PERSON, f"physician.{account.id}", True,
        )  # fmt: skip
        session.commit()
    engine.dispose()
    grant = city.do(RequestBreakGlass(
        patient_id=corner.ids["patient"], reason_code=BreakGlassReason.URGENT_CARE,
        reason_text="collapsed in the corridor", minutes=15, credential=1, totp_step=1,
    ), physician)  # fmt: skip
    corner.ids["grant"] = city.do(EndBreakGlass(grant_id=grant.id), physician).id
    corner.ids["subject"] = grant.subject or grant.id
    item = ReviewItem(
        hospital_id=grant.hospital_id, kind=FlagKind.VIP, subject=corner.ids["subject"],
        reader_id=physician.id, role="physician", leaf=0, last_leaf=0, first_at=grant.since,
        last_at=grant.since, due_at=grant.until,
    )  # fmt: skip
    corner.ids["review"] = item.id
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(item)
        session.commit()
    engine.dispose()
