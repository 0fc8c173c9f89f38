"""What a change does in another process, and that no secret lies in the files."""

import re
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from authz.decision import Decisions
from authz.policy import loader
from authz.sessions import Gate, new_secret
from authz.tokens import NotAuthentic
from authz.watch import EVERY_S, Watch
from domain.accounts.commands import CreateAccount
from domain.accounts.credentials import ConfirmTotp, EnrolTotp
from domain.accounts.devices import IssueServiceToken
from domain.accounts.grants import GrantRole, RevokeRole
from domain.accounts.logins import RefreshSession, RevokeSessions, StartSession
from kit.db import open_engine
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.accounts.conftest import House
from tests.accounts.test_logins import NAME, STRANGER


def test_another_process_notices_at_its_next_look(house: House, database_url: str) -> None:
    engine = open_engine(database_url)
    decisions = Decisions(loader(engine, lambda: house.now), lambda: house.now)
    gate = Gate(engine, house.tokens, lambda: house.now)
    watch = Watch(engine, decisions, gate)
    assert house.ward is not None
    account = house.do(house.system, CreateAccount(
        login_name="mia.wang", password_hash="hash", must_change=False,
    ))  # fmt: skip
    opened = house.do(STRANGER, StartSession(
        account_id=account.id, credential=1, name_key=NAME, refresh=new_secret("wgr_"),
    ))  # fmt: skip
    mia = Actor(account.id, session=opened.session.id)
    grant = GrantRole(account_id=mia.id, role="nurse", ward_id=house.ward.id)
    binding = house.do(house.security, grant)
    token, _ = house.tokens.sign(mia.id, opened.session.id, ActorKind.PERSON, 1, house.now)
    watch.step()
    epoch, mine = decisions.epoch, gate.admit(token)
    assert decisions.allows(mia, "see.P", house.ward.scope)

    house.do(house.security, RevokeRole(binding_id=binding.id))
    house.do(house.system, RevokeSessions(account_id=mia.id))
    watch.step()

    assert EVERY_S <= 1
    assert not decisions.allows(mia, "see.P", house.ward.scope)
    assert decisions.epoch == epoch + 1
    assert not gate.holds(mine)
    with pytest.raises(NotAuthentic):
        gate.admit(token)
    engine.dispose()


def test_no_secret_lies_in_the_database_files(house: House, database_url: str) -> None:
    account = house.do(house.system, CreateAccount(
        login_name="mia.wang", password_hash="hash", must_change=False,
    ))  # fmt: skip
    service = house.do(house.system, CreateAccount(kind=ActorKind.SERVICE, title="HL7"))
    first, second, long = (new_secret(prefix) for prefix in ("wgr_", "wgr_", "wgt_"))
    codes = "CANARYCODES23456"
    opened = house.do(STRANGER, StartSession(
        account_id=account.id, credential=1, name_key=NAME, refresh=first,
    ), key=str(new_id()))  # fmt: skip
    house.do(STRANGER, RefreshSession(presented=first, replacement=second), key=str(new_id()))
    house.do(house.system, IssueServiceToken(account_id=service.id, secret=long), key=str(new_id()))
    mia = Actor(account.id, session=opened.session.id)
    house.do(mia, EnrolTotp(secret=codes), key=str(new_id()))
    house.do(mia, ConfirmTotp(step=1, credential=1), key=str(new_id()))

    text = _every_byte(house, database_url)

    assert b"mia.wang" in text  # the scan sees what is stored in clear
    for secret in (codes, first, second, long):
        assert secret.encode() not in text
        assert secret.encode("utf-16-le") not in text


def _every_byte(house: House, url: str) -> bytes:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        return b"".join(path.read_bytes() for path in file.parent.glob(file.name + "*"))
    with house.engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).scalars()
        rows = [
            row.encode().replace(b"\\\\x", b"")
            for table in tables
            for row in connection.exec_driver_sql(f"SELECT t::text FROM {table} t").scalars()
        ]
        connection.rollback()
    text = b"\n".join(rows)
    return text + b"".join(bytes.fromhex(word.decode()) for word in _hex_words(text))


def _hex_words(text: bytes) -> list[bytes]:
    return [w for w in re.findall(rb"[0-9a-f]{16,}", text) if len(w) % 2 == 0]
