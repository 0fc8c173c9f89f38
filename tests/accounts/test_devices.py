"""Long tokens: of screens for one ward and one shift, of services; told once, revoked at once."""

from datetime import timedelta

import pytest

from authz.sessions import digest_of, new_secret
from authz.tokens import NotAuthentic
from domain.accounts.commands import CreateAccount, DisableAccount
from domain.accounts.devices import (
    BindDevice,
    Issued,
    IssueScreenToken,
    IssueServiceToken,
    RevokeToken,
)
from domain.accounts.grants import GrantRole
from domain.accounts.model import BearerToken
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.accounts.conftest import House

DEVICE = "d" * 40


@pytest.fixture
def charge_nurse(house: House) -> Actor:
    account = house.do(house.system, CreateAccount(login_name="mia.wang", password_hash="hash"))
    assert house.ward is not None
    house.do(house.security, GrantRole(
        account_id=account.id, role="charge-nurse", ward_id=house.ward.id,
    ))  # fmt: skip
    return Actor(account.id, session=new_id())


def issue(house: House, actor: Actor) -> Issued:
    assert house.ward is not None
    command = IssueScreenToken(ward_id=house.ward.id, title="Board 1", secret=new_secret("wgt_"))
    return house.do(actor, command)


def test_a_screen_shows_its_ward_for_twelve_hours(house: House, charge_nurse: Actor) -> None:
    issued = issue(house, charge_nurse)
    assert house.ward is not None
    assert house.other_ward is not None

    admitted = house.gate.admit(issued.secret)

    assert (admitted.actor.kind, admitted.operations) == (ActorKind.SCREEN, "ward-screen")
    assert admitted.expires_at == house.now + timedelta(hours=12)
    classes = house.decisions.classes(admitted.actor, house.ward.scope)
    assert classes == frozenset("GKBPOMW")
    assert house.decisions.classes(admitted.actor, house.other_ward.scope) == frozenset("G")
    house.wait(hours=12)
    assert not house.gate.holds(admitted)
    assert house.decisions.classes(admitted.actor, house.ward.scope) == frozenset("G")


def test_a_screen_is_given_by_the_wards_own_people_only(house: House, charge_nurse: Actor) -> None:
    assert house.other_ward is not None

    with pytest.raises(Denied):
        issue(house, house.system)
    with pytest.raises(NotFound):
        house.do(charge_nurse, IssueScreenToken(
            ward_id=house.other_ward.id, title="x", secret="s" * 40,
        ))  # fmt: skip


def test_only_the_hash_of_a_token_is_stored(house: House, charge_nurse: Actor) -> None:
    issued = issue(house, charge_nurse)

    assert house.row(BearerToken, issued.token.id).digest == digest_of(issued.secret)
    assert issued.secret not in repr(issued)
    with pytest.raises(NotAuthentic):
        house.gate.admit(new_secret("wgt_"))


def test_a_revoked_token_is_out_at_once_and_for_good(house: House, charge_nurse: Actor) -> None:
    issued = issue(house, charge_nurse)
    admitted = house.gate.admit(issued.secret)

    house.do(charge_nurse, RevokeToken(token_id=issued.token.id))

    assert not house.gate.holds(admitted)
    house.wait(hours=1)
    house.watch.step()
    assert not house.gate.holds(admitted)
    with pytest.raises(NotAuthentic):
        house.gate.admit(issued.secret)


def test_a_bound_token_is_worth_nothing_elsewhere(house: House, charge_nurse: Actor) -> None:
    issued = issue(house, charge_nurse)
    screen = house.gate.admit(issued.secret).actor

    house.do(screen, BindDevice(device=DEVICE))

    assert house.gate.admit(f"{issued.secret}.{DEVICE}").actor == screen
    for token in (issued.secret, f"{issued.secret}.", f"{issued.secret}.{'e' * 40}"):
        with pytest.raises(NotAuthentic):
            house.gate.admit(token)
    with pytest.raises(Conflict):
        house.do(screen, BindDevice(device="e" * 40))
    with pytest.raises((Denied, NotFound)):
        house.do(charge_nurse, BindDevice(device=DEVICE))


def test_a_service_token_lives_its_days_and_ends_with_its_account(house: House) -> None:
    service = house.do(house.system, CreateAccount(kind=ActorKind.SERVICE, title="HL7"))
    secret = new_secret("wgt_")
    issued = house.do(house.system, IssueServiceToken(
        account_id=service.id, days=30, secret=secret,
    ))  # fmt: skip
    admitted = house.gate.admit(secret)
    assert issued.token.expires_at == house.now + timedelta(days=30)
    assert admitted.actor == Actor(service.id, ActorKind.SERVICE, session=issued.token.id)

    house.do(house.system, DisableAccount(account_id=service.id))

    assert not house.gate.holds(admitted)
    with pytest.raises(NotAuthentic):
        house.gate.admit(secret)


@pytest.mark.parametrize("days", [0, 366])
def test_a_service_token_lives_a_year_at_most(house: House, days: int) -> None:
    service = house.do(house.system, CreateAccount(kind=ActorKind.SERVICE, title="HL7"))

    with pytest.raises(Invalid):
        house.do(house.system, IssueServiceToken(
            account_id=service.id, days=days, secret="s" * 40,
        ))  # fmt: skip
    with pytest.raises(Invalid):
        house.do(house.system, IssueServiceToken(account_id=house.security.id, secret="s" * 40))
