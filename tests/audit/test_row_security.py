"""PostgreSQL's own wall between hospitals: what a read forgot to ask, the rows' policy asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from app import row_security
from app.backups.postgres_copy import address
from domain.places.model import Hospital, Ward
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import Scope
from tests.house import enrol, house
from tests.matrix.city import fill
from tests.postgres_server import driver_address

ROLE = "wardgrid_test_rows"


@dataclass
class City:
    engine: Engine  # of a role that is no superuser
    hospitals: dict[str, UUID]
    url: str


@pytest.fixture
def city(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with house(postgres_url, tmp_path_factory.mktemp("city")) as app:
        fill(app, postgres_url, ["EAST", "WEST"], ["A"])
        with reading(app.engine) as session:
            hospitals = {h.code: h.id for h in session.exec(select(Hospital))}
    with psycopg.connect(driver_address(postgres_url), autocommit=True) as owner:
        owner.execute(
            SQL("DO $$ BEGIN CREATE ROLE {0} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL;"
                " WHEN unique_violation THEN NULL; END $$").format(Identifier(ROLE))
        )  # fmt: skip
        owner.execute(
            SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(Identifier(ROLE))
        )
        name = postgres_url.rsplit("/", 1)[-1].partition("?")[0]
        owner.execute(
            SQL("ALTER DATABASE {} SET role = {}").format(Identifier(name), Identifier(ROLE))
        )
    engine = open_engine(postgres_url)
    yield City(engine, hospitals, postgres_url)
    engine.dispose()


def hospitals_seen(session: Session, table: str) -> set[UUID | None]:
    rows = session.connection().exec_driver_sql(f"SELECT DISTINCT hospital_id FROM {table}")
    return {key for (key,) in rows}


def test_a_read_within_one_hospital_sees_no_row_of_another(city: City) -> None:
    east, west = city.hospitals["EAST"], city.hospitals["WEST"]
    with reading(city.engine) as session:
        tables = row_security.hospital_tables(session.connection())
        filled = [t for t, c in tables.items() if "hospital_id" in c
                  and {east, west} <= hospitals_seen(session, t)]  # fmt: skip
    assert {"ward", "bed", "patient", "encounter", "bed_stay"} <= set(filled)
    for within, foreign in (((east,), west), ((west,), east), ((new_id(),), east), ((), west)):
        with reading(city.engine, within) as session:
            for table in filled:
                seen = hospitals_seen(session, table)
                assert foreign not in seen, table
                assert seen <= {*within, None}, table
    with reading(city.engine, (east, west)) as session:
        assert {east, west} <= hospitals_seen(session, "patient")
    with reading(city.engine) as session:  # the narrowing ended with its transaction
        assert {east, west} <= hospitals_seen(session, "patient")


def test_a_session_past_the_program_sees_no_hospital(city: City) -> None:
    with psycopg.connect(driver_address(city.url)) as session:
        assert session.execute("SELECT count(*) FROM patient").fetchone() == (0,)
        assert session.execute("SELECT count(*) FROM ward").fetchone() == (0,)
        session.execute("SET wardgrid.hospitals = ''")
        assert session.execute("SELECT count(*) FROM ward").fetchone() == (0,)
    with psycopg.connect(address(city.url)) as session:  # a backup sees everything
        assert session.execute("SELECT count(*) > 0 FROM patient").fetchone() == (True,)


def test_every_table_of_hospitals_stands_under_the_policy_and_the_owner_too(
    postgres_url: str,
) -> None:
    engine = open_engine(postgres_url, guarded=False)
    with engine.begin() as connection:
        assert row_security.unprotected(connection) == []
        assert len(row_security.hospital_tables(connection)) > 60
        connection.execute(text("CREATE TABLE later (hospital_id uuid)"))
        connection.execute(text("ALTER TABLE ward NO FORCE ROW LEVEL SECURITY"))
        assert row_security.unprotected(connection) == ["later", "ward"]
        row_security.protect(connection)
        assert row_security.unprotected(connection) == []
    engine.dispose()


def test_people_of_one_hospital_are_narrowed_and_those_of_the_network_are_not(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with house(postgres_url, tmp_path_factory.mktemp("rights")) as app:
        fill(app, postgres_url, ["EAST", "WEST"], ["A"])
        with reading(app.engine) as session:
            ward = session.exec(select(Ward)).first()
            assert ward is not None
        manager = enrol(postgres_url, "bed-manager", scope=Scope(ward.hospital_id))
        network = enrol(postgres_url, "network-coordinator")
        stranger = enrol(postgres_url)
        app.decisions.reload()
        assert app.decisions.hospitals(manager) == frozenset({ward.hospital_id})
        assert app.decisions.hospitals(network) is None
        assert app.decisions.hospitals(stranger) == frozenset()
