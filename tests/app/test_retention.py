"""First answers and events are kept for a while, and then forgotten on record."""

from datetime import timedelta
from typing import cast

from sqlalchemy import Engine, func, insert, select
from sqlmodel import Session

from app.outbox import FIRST_ANSWER, OUTBOX
from app.retention import ForgetOld, old_rows
from domain.outbound.model import OutboundPeer
from domain.places.model import Hospital
from kit.clock import utc_now
from kit.db import reading
from kit.ids import new_id
from kit.sealed import Vault
from kit.work import Actor, Work

NOW = utc_now()


def fill(engine: Engine) -> None:
    """An answer and an event of each age."""
    with engine.begin() as connection:
        for days in (0, 1, 3, 8):
            at = NOW - timedelta(days=days)
            answer = {"actor_id": new_id(), "key": "k", "payload": b"p", "answer": b"a", "at": at}
            connection.execute(insert(FIRST_ANSWER), [answer])
            connection.execute(insert(OUTBOX), [{"name": "BedHeld", "ids": {}, "at": at}])


def test_only_what_is_older_than_it_is_kept_goes(bare_engine: Engine) -> None:
    fill(bare_engine)
    with Session(bare_engine) as session:
        work = Work(session, NOW, Actor(new_id()), cast(Vault, None), lambda *_: None)
        assert ForgetOld().apply(work) == 3
        assert work.notes == {"answers": 1, "events": 2}
        session.commit()
    with bare_engine.connect() as connection:
        for table, left in ((FIRST_ANSWER, 3), (OUTBOX, 2)):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == left


def test_it_is_due_only_an_hour_after_the_time(bare_engine: Engine) -> None:
    with reading(bare_engine) as session:
        assert old_rows(session, NOW) == []
    fill(bare_engine)
    with reading(bare_engine) as session:
        assert old_rows(session, NOW) == [ForgetOld()]
        assert old_rows(session, NOW - timedelta(days=6, minutes=30)) == []


def test_an_event_that_a_peer_was_not_told_of_stays_for_two_weeks(bare_engine: Engine) -> None:
    fill(bare_engine)
    with Session(bare_engine) as session:
        hospital = Hospital(code="GH", name_zh="x", name_en="x", time_zone="UTC")
        session.add(hospital)
        session.flush()
        untold = NOW - timedelta(days=5)
        peer = OutboundPeer(name="pas", hospital_id=hospital.id, transaction=0, row=0, at=untold)
        session.add(peer)
        session.flush()
        work = Work(session, NOW, Actor(new_id()), cast(Vault, None), lambda *_: None)
        ForgetOld().apply(work)
        assert work.notes["events"] == 1  # of eight days; that of three days stays
        assert old_rows(session, NOW) == []
        peer.at = NOW - timedelta(days=30)
        session.flush()
        ForgetOld().apply(work)
        assert work.notes["events"] == 0
        session.rollback()
