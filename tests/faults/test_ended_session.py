"""The database server ends a session in the middle of a change: nobody's change is lost."""

from pathlib import Path

import psycopg
import pytest
from sqlmodel import Session, col, func, select

from domain.places.commands import OpenHospital
from domain.places.model import Hospital
from kit.db import reading
from kit.errors import Retry
from kit.work import Work
from tests.house import enrol, house
from tests.postgres_server import driver_address

OPEN = OpenHospital(code="EAST", name_zh="东院", name_en="East")


def end_session(url: str, session: Session) -> None:
    pid = session.connection().scalar(select(func.pg_backend_pid()))
    with psycopg.connect(driver_address(url), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (pid,))


@pytest.mark.parametrize("times", [1, 3])
def test_a_change_whose_session_was_ended_is_made_once(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    made = OpenHospital.apply
    tries: list[int] = []

    def apply(self: OpenHospital, work: Work) -> Hospital:
        tries.append(1)
        hospital = made(self, work)
        if len(tries) <= times:
            end_session(postgres_url, work.session)
        return hospital

    monkeypatch.setattr(OpenHospital, "apply", apply)
    with house(postgres_url, tmp_path) as app:
        actor = enrol(postgres_url, "system-administrator")
        app.decisions.reload()
        app.pipeline.run(actor, OPEN)
        with reading(app.engine) as session:
            assert session.exec(select(func.count(col(Hospital.id)))).one() == 1
    assert len(tries) == times + 1


def test_a_server_that_ends_every_session_is_told_as_a_passing_fault(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = OpenHospital.apply

    def apply(self: OpenHospital, work: Work) -> Hospital:
        hospital = made(self, work)
        end_session(postgres_url, work.session)
        return hospital

    with house(postgres_url, tmp_path) as app:
        actor = enrol(postgres_url, "system-administrator")
        app.decisions.reload()
        monkeypatch.setattr(OpenHospital, "apply", apply)
        with pytest.raises(Retry) as away:
            app.pipeline.run(actor, OPEN)
        assert away.value.reason == "DATABASE_AWAY"
        with reading(app.engine) as session:
            assert session.exec(select(func.count(col(Hospital.id)))).one() == 0
