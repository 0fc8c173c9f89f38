"""Sessions: opened by a proof, refreshed in a chain, ended as a whole."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from authz.sessions import Pass, new_secret
from authz.tokens import NotAuthentic
from domain.accounts.commands import CreateAccount, DisableAccount
from domain.accounts.credentials import (
    ChangePassword,
    ConfirmTotp,
    EnrolTotp,
    ResetPassword,
    ResetTotp,
)
from domain.accounts.logins import (
    EndSession,
    Opened,
    RefreshSession,
    RefuseLogin,
    RevokeSessions,
    StartSession,
)
from domain.accounts.model import Account, AuthSession, LoginFailure, RefreshToken, SessionEnd
from domain.accounts.own_sessions import EndOwnSessions
from kit.errors import Conflict, Denied, NotFound, Retry
from kit.work import Actor, ActorKind
from tests.accounts.conftest import House

STRANGER = Actor(UUID(int=0))
NAME = b"keyed hash of a name"


@pytest.fixture
def mia(house: House) -> Account:
    return house.do(house.system, CreateAccount(
        login_name="mia.wang", password_hash="hash", must_change=False,
    ))  # fmt: skip


def log_in(
    house: House,
    account: Account,
    *,
    totp_step: int | None = None,
    rehashed: str | None = None,
    new_hash: str | None = None,
) -> Opened:
    command = StartSession(
        account_id=account.id, credential=account.credential, name_key=NAME,
        refresh=new_secret("wgr_"), totp_step=totp_step, rehashed=rehashed, new_hash=new_hash,
    )  # fmt: skip
    return house.do(STRANGER, command)


def refresh(house: House, presented: str | None) -> Opened:
    assert presented is not None
    return house.do(STRANGER, RefreshSession(presented=presented, replacement=new_secret("wgr_")))


def passed(house: House, opened: Opened, account: Account) -> tuple[str, Pass]:
    token, _ = house.tokens.sign(
        account.id, opened.session.id, ActorKind.PERSON, account.credential, house.now
    )
    return token, house.gate.admit(token)


def end_of(house: House, opened: Opened) -> SessionEnd | None:
    reason: SessionEnd | None = house.row(AuthSession, opened.session.id).end_reason
    return reason


def test_a_session_lasts_a_shift_and_its_token_is_kept_as_a_hash(
    house: House, mia: Account
) -> None:
    opened = log_in(house, mia)

    assert opened.session.latest_end == house.now + timedelta(hours=12)
    (token,) = house.rows(RefreshToken)
    assert opened.refresh is not None
    assert len(token.digest) == 32
    assert opened.refresh.encode() not in token.digest


def test_a_refresh_spends_the_token_and_gives_another(house: House, mia: Account) -> None:
    opened = log_in(house, mia)

    house.wait(minutes=10)
    second = refresh(house, opened.refresh)
    house.wait(minutes=10)
    third = refresh(house, second.refresh)

    assert len({opened.refresh, second.refresh, third.refresh}) == 3
    assert {o.session.id for o in (opened, second, third)} == {opened.session.id}
    assert sum(token.spent_at is None for token in house.rows(RefreshToken)) == 1


def test_a_spent_token_ends_the_whole_family(house: House, mia: Account) -> None:
    opened = log_in(house, mia)
    second = refresh(house, opened.refresh)
    _, mine = passed(house, second, mia)
    assert house.gate.holds(mine)

    stolen = refresh(house, opened.refresh)

    assert stolen.refresh is None
    assert end_of(house, opened) is SessionEnd.REUSED
    assert not house.gate.holds(mine)
    for spent in (second.refresh, opened.refresh):
        with pytest.raises(Denied) as refused:
            refresh(house, spent)
        assert refused.value.reason == "SESSION_OVER"


def test_a_lost_answer_can_be_asked_for_again_with_its_key(house: House, mia: Account) -> None:
    opened = log_in(house, mia)
    assert opened.refresh is not None
    first, again = (
        RefreshSession(presented=opened.refresh, replacement=new_secret("wgr_")) for _ in range(2)
    )

    answer = house.do(STRANGER, first, key="k1")

    assert house.do(STRANGER, again, key="k1").refresh == answer.refresh == first.replacement
    assert end_of(house, opened) is None


@pytest.mark.parametrize(
    ("minutes", "rounds", "reason"),
    [(16, 1, SessionEnd.IDLE), (15, 48, SessionEnd.TOO_LONG)],
)
def test_an_idle_or_old_session_ends(
    house: House, mia: Account, minutes: int, rounds: int, reason: SessionEnd
) -> None:
    opened = newest = log_in(house, mia)
    for _ in range(rounds):
        assert newest.refresh is not None
        house.wait(minutes=minutes)
        newest = refresh(house, newest.refresh)

    assert newest.refresh is None
    assert end_of(house, opened) is reason


def test_an_unknown_refresh_token_is_refused(house: House) -> None:
    with pytest.raises(Denied) as refused:
        refresh(house, new_secret("wgr_"))

    assert refused.value.reason == "SESSION_OVER"


def test_logging_out_ends_the_session_and_its_access_token(house: House, mia: Account) -> None:
    opened = log_in(house, mia)
    token, mine = passed(house, opened, mia)

    house.do(mine.actor, EndSession())

    assert end_of(house, opened) is SessionEnd.LOGGED_OUT
    assert not house.gate.holds(mine)
    with pytest.raises(NotAuthentic):
        house.gate.admit(token)


def test_nobody_logs_somebody_else_out(house: House, mia: Account) -> None:
    opened = log_in(house, mia)
    other = Actor(house.system.id, session=opened.session.id)

    with pytest.raises(NotFound):
        house.do(other, EndSession())

    assert end_of(house, opened) is None


def test_revoking_and_disabling_end_every_session(house: House, mia: Account) -> None:
    first, second = log_in(house, mia), log_in(house, mia)
    house.do(house.system, RevokeSessions(account_id=mia.id))
    assert [end_of(house, o) for o in (first, second)] == [SessionEnd.REVOKED] * 2

    third = log_in(house, mia)
    _, mine = passed(house, third, mia)
    house.do(house.system, DisableAccount(account_id=mia.id))

    assert end_of(house, third) is SessionEnd.ACCOUNT
    assert not house.gate.holds(mine)
    with pytest.raises(Retry):
        log_in(house, mia)


def test_a_verdict_about_an_older_password_opens_nothing(house: House, mia: Account) -> None:
    house.do(house.system, ResetPassword(account_id=mia.id, password_hash="new"))

    with pytest.raises(Retry) as refused:
        log_in(house, mia)

    assert refused.value.reason == "CREDENTIAL_CHANGED"
    assert house.rows(AuthSession) == []


def test_a_password_that_somebody_else_chose_opens_nothing(house: House, mia: Account) -> None:
    house.do(house.system, ResetPassword(account_id=mia.id, password_hash="given"))
    mia = house.row(Account, mia.id)

    with pytest.raises(Denied) as refused:
        log_in(house, mia)

    assert refused.value.reason == "PASSWORD_MUST_CHANGE"
    assert house.rows(AuthSession) == []
    opened = log_in(house, mia, new_hash="chosen")
    mia = house.row(Account, mia.id)
    assert (mia.password_hash, mia.must_change, opened.session.credential) == ("chosen", False, 3)
    assert refresh(house, opened.refresh).refresh is not None


def test_a_new_password_ends_the_other_sessions_only(house: House, mia: Account) -> None:
    here, there = log_in(house, mia), log_in(house, mia)
    _, mine = passed(house, here, mia)

    house.do(mine.actor, ChangePassword(credential=1, password_hash="better"))

    assert (end_of(house, here), end_of(house, there)) == (None, SessionEnd.ACCOUNT)
    account = house.row(Account, mia.id)
    assert (account.password_hash, account.must_change, account.credential) == ("better", False, 2)
    assert refresh(house, here.refresh).refresh is not None


def test_a_person_ends_one_session_elsewhere_or_all_but_this_one(
    house: House, mia: Account
) -> None:
    here, there, lost = (log_in(house, mia) for _ in range(3))
    _, mine = passed(house, here, mia)
    ended = house.do(mine.actor, EndOwnSessions(credential=1, session_id=there.session.id))
    assert ended.sessions == 1
    assert [end_of(house, one) for one in (here, there, lost)] == [
        None, SessionEnd.LOGGED_OUT, None,
    ]  # fmt: skip
    assert house.do(mine.actor, EndOwnSessions(credential=1)).sessions == 1
    assert (end_of(house, here), end_of(house, lost)) == (None, SessionEnd.LOGGED_OUT)
    with pytest.raises(NotFound):
        house.do(mine.actor, EndOwnSessions(credential=1, session_id=there.session.id))


def test_nobody_ends_somebody_else_s_session_as_their_own(house: House, mia: Account) -> None:
    theirs = log_in(house, mia)
    other = house.do(house.system, CreateAccount(
        login_name="li.other", password_hash="hash", must_change=False,
    ))  # fmt: skip
    _, mine = passed(house, log_in(house, other), other)
    with pytest.raises(NotFound):
        house.do(mine.actor, EndOwnSessions(credential=1, session_id=theirs.session.id))
    assert end_of(house, theirs) is None


def test_nobody_resets_their_own_credentials(house: House) -> None:
    for command in (
        ResetPassword(account_id=house.system.id, password_hash="x"),
        ResetTotp(account_id=house.system.id),
    ):
        with pytest.raises(Denied) as refused:
            house.do(house.system, command)
        assert refused.value.reason == "OWN_ACCOUNT"


def test_one_time_codes_are_sealed_confirmed_and_never_used_twice(
    house: House, mia: Account
) -> None:
    actor = Actor(mia.id, session=log_in(house, mia).session.id)
    house.do(actor, EnrolTotp(secret="GEZDGNBVGY3TQOJQ"))
    account = house.row(Account, mia.id)
    with Session(house.engine) as session:
        opened = house.vault.bind(session).open(account.totp_secret, account.totp_place())
        session.rollback()
    assert opened == "GEZDGNBVGY3TQOJQ"
    log_in(house, mia)  # not confirmed: no code needed yet

    house.do(actor, ConfirmTotp(step=100, credential=1))

    account = house.row(Account, mia.id)
    for step in (None, 99, 100):
        with pytest.raises(Denied) as refused:
            log_in(house, account, totp_step=step)
        assert refused.value.reason == "LOGIN_REFUSED"
    log_in(house, account, totp_step=101)
    with pytest.raises(Denied):
        log_in(house, account, totp_step=101)
    with pytest.raises(Conflict):
        house.do(actor, EnrolTotp(secret="GEZDGNBVGY3TQOJQ"))
    house.do(house.system, ResetTotp(account_id=mia.id))
    log_in(house, house.row(Account, mia.id))


def test_a_rehashed_password_is_stored_and_failures_are_forgotten(
    house: House, mia: Account
) -> None:
    until = house.now + timedelta(seconds=5)
    for failures in (1, 2, 5):
        house.do(STRANGER, RefuseLogin(name_key=NAME, failures=failures, blocked_until=until))
    house.do(STRANGER, RefuseLogin(name_key=NAME, failures=1, blocked_until=None))
    (stored,) = house.rows(LoginFailure)
    assert (stored.failures, stored.blocked_until) == (6, until)

    log_in(house, mia, rehashed="dearer hash")

    assert house.rows(LoginFailure) == []
    assert house.row(Account, mia.id).password_hash == "dearer hash"


def test_no_secret_reaches_the_ledger_or_a_repr(house: House, mia: Account) -> None:
    opened = log_in(house, mia)
    command = RefreshSession(presented=opened.refresh or "", replacement="wgr_replacement")

    assert "wgr_" not in repr(command) + repr(opened) + str(command.payload())
    with Session(house.engine) as session:
        bodies = session.connection().exec_driver_sql("SELECT body FROM ledger_entry").scalars()
        text = b"".join(bytes(body) for body in bodies)
        tokens = session.exec(select(RefreshToken.digest)).all()
        session.rollback()
    assert str(mia.id).encode() in text
    for secret in ("mia.wang", "hash", opened.refresh or ""):
        assert secret.encode() not in text.replace(b"password_hash", b"").replace(b"doc_hash", b"")
    assert len(tokens) == 1
