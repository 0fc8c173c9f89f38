"""Holds, erasures, refusals, a broken glass and what is to be reviewed."""

from sqlmodel import Session

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
