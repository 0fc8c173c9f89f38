"""Accounts, roles and their separations."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.accounts.commands import CreateAccount, DisableAccount, EnableAccount
from domain.accounts.founding import FOUNDING_ROLES, FoundAdministrators, Founder
from domain.accounts.grants import GrantRole, RevokeRole
from domain.accounts.model import Account, RoleBinding
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind
from tests.accounts.conftest import OPERATOR, House


def person(house: House, name: str = "mia.wang") -> Actor:
    account = house.do(house.system, CreateAccount(login_name=name, password_hash="hash"))
    return Actor(account.id, session=new_id())


def test_the_first_administrators_are_three_and_only_once(house: House) -> None:
    accounts = {account.login_name: account for account in house.rows(Account)}
    assert sorted(accounts) == ["compliance.one", "security.one", "system.one"]
    assert {(a.must_change, a.totp_confirmed) for a in accounts.values()} == {(True, True)}
    bindings = house.rows(RoleBinding)
    assert sorted(b.role for b in bindings) == sorted(FOUNDING_ROLES)
    assert {b.granted_by for b in bindings} == {OPERATOR.id}
    before = house.everything()

    again = tuple(Founder(role, f"x.{role}", "hash", "S") for role in FOUNDING_ROLES)
    with pytest.raises(Conflict) as refused:
        house.do(OPERATOR, FoundAdministrators(founders=again))

    assert refused.value.reason == "ALREADY_FOUNDED"
    assert house.everything() == before


def test_nobody_but_the_command_line_founds(house: House) -> None:
    founders = tuple(Founder(role, f"x.{role}", "hash", "S") for role in FOUNDING_ROLES)

    for actor in (house.system, house.security, Actor(UUID(int=0))):
        with pytest.raises((Denied, NotFound)):
            house.do(actor, FoundAdministrators(founders=founders))


def test_a_new_account_may_do_nothing_until_somebody_else_grants_it(house: House) -> None:
    mia = person(house)
    assert house.ward is not None
    assert house.decisions.classes(mia, house.ward.scope) == frozenset("G")

    house.do(house.security, GrantRole(account_id=mia.id, role="nurse", ward_id=house.ward.id))

    assert house.decisions.allows(mia, "see.P", house.ward.scope)
    assert house.other_ward is not None
    assert not house.decisions.allows(mia, "see.P", house.other_ward.scope)


def test_nobody_grants_themselves_a_role(house: House) -> None:
    before = house.everything()

    with pytest.raises(Denied) as refused:
        house.do(house.security, GrantRole(account_id=house.security.id, role="nurse"))

    assert refused.value.reason == "OWN_ROLE"
    assert house.everything() == before


def test_the_one_who_makes_accounts_grants_no_role_and_the_other_way_round(house: House) -> None:
    mia = person(house)

    with pytest.raises(Denied):
        house.do(house.system, GrantRole(account_id=mia.id, role="nurse"))
    with pytest.raises(Denied):
        house.do(house.security, CreateAccount(login_name="sam.li"))


@pytest.mark.parametrize("other", ["security-administrator", "compliance-officer", "key-custodian"])
def test_separate_duties_stay_with_separate_people(house: House, other: str) -> None:
    before = house.everything()

    with pytest.raises(Conflict) as refused:
        house.do(house.security, GrantRole(account_id=house.system.id, role=other))

    assert refused.value.reason == "SEPARATE_DUTIES"
    assert house.everything() == before


def test_an_administrators_role_needs_one_time_codes(house: House) -> None:
    mia = person(house)

    with pytest.raises(Conflict) as refused:
        house.do(house.security, GrantRole(account_id=mia.id, role="key-custodian"))

    assert refused.value.reason == "TOTP_NEEDED"


@pytest.mark.parametrize(
    "role", ["ward-screen", "integration", "program", "ward-reading", "anyone"]
)
def test_a_person_holds_no_role_of_a_device_a_service_or_the_house(house: House, role: str) -> None:
    mia = person(house)
    assert house.ward is not None

    with pytest.raises(Invalid) as refused:
        house.do(house.security, GrantRole(account_id=mia.id, role=role, ward_id=house.ward.id))

    assert (refused.value.reason, refused.value.field) == ("WRONG_HOLDER", "role")


def test_an_unknown_role_place_or_person_is_not_found(house: House) -> None:
    mia = person(house)
    assert house.ward is not None
    for command in (
        GrantRole(account_id=mia.id, role="king"),
        GrantRole(account_id=new_id(), role="nurse"),
        GrantRole(account_id=mia.id, role="nurse", ward_id=new_id()),
        GrantRole(account_id=mia.id, role="nurse", hospital_id=new_id()),
        GrantRole(account_id=mia.id, role="nurse", hospital_id=new_id(), ward_id=house.ward.id),
    ):
        with pytest.raises(NotFound):
            house.do(house.security, command)


def test_a_role_for_a_time_ends_by_itself(house: House) -> None:
    mia = person(house)
    assert house.ward is not None
    until = house.now + timedelta(hours=8)
    house.do(house.security, GrantRole(
        account_id=mia.id, role="nurse", ward_id=house.ward.id, valid_until=until,
    ))  # fmt: skip
    assert house.decisions.allows(mia, "see.P", house.ward.scope)
    epoch = house.decisions.epoch

    house.wait(hours=8)

    assert not house.decisions.allows(mia, "see.P", house.ward.scope)
    assert house.decisions.epoch > epoch
    with pytest.raises(Invalid):
        house.do(house.security, GrantRole(
            account_id=mia.id, role="nurse", ward_id=house.ward.id, valid_until=until,
        ))  # fmt: skip


def test_a_revoked_role_is_gone_and_cannot_be_revoked_twice(house: House) -> None:
    mia = person(house)
    assert house.ward is not None
    grant = GrantRole(account_id=mia.id, role="nurse", ward_id=house.ward.id)
    binding = house.do(house.security, grant)

    house.do(house.security, RevokeRole(binding_id=binding.id))

    assert not house.decisions.allows(mia, "see.P", house.ward.scope)
    with pytest.raises(Conflict) as refused:
        house.do(house.security, RevokeRole(binding_id=binding.id))
    assert refused.value.reason == "ROLE_OVER"


def test_the_last_administrator_stays(house: House) -> None:
    binding = next(b for b in house.rows(RoleBinding) if b.user_id == house.system.id)

    for command in (RevokeRole(binding_id=binding.id),):
        with pytest.raises(Conflict) as refused:
            house.do(house.security, command)
        assert refused.value.reason == "LAST_ADMINISTRATOR"
    with pytest.raises(Conflict):
        house.do(house.system, DisableAccount(account_id=house.security.id))
    with pytest.raises(Denied):
        house.do(house.system, DisableAccount(account_id=house.system.id))


def test_a_security_administrator_of_a_ward_grants_in_that_ward_only(house: House) -> None:
    mia, sam = person(house), person(house, "sam.li")
    assert house.ward is not None
    assert house.other_ward is not None
    with_codes(house, sam)
    house.do(house.security, GrantRole(
        account_id=sam.id, role="security-administrator", ward_id=house.ward.id,
    ))  # fmt: skip

    house.do(sam, GrantRole(account_id=mia.id, role="nurse", ward_id=house.ward.id))

    with pytest.raises(NotFound):
        house.do(sam, GrantRole(account_id=mia.id, role="nurse", ward_id=house.other_ward.id))
    with pytest.raises(Denied):
        house.do(sam, GrantRole(account_id=mia.id, role="nurse"))


def with_codes(house: House, actor: Actor) -> None:
    from domain.accounts.credentials import ConfirmTotp, EnrolTotp

    house.do(actor, EnrolTotp(secret="GEZDGNBVGY3TQOJQ"))
    house.do(actor, ConfirmTotp(step=1, credential=1))


def test_a_disabled_account_keeps_its_roles_asleep(house: House) -> None:
    mia = person(house)
    assert house.ward is not None
    house.do(house.security, GrantRole(account_id=mia.id, role="nurse", ward_id=house.ward.id))

    house.do(house.system, DisableAccount(account_id=mia.id))

    account = house.row(Account, mia.id)
    assert (account.disabled_at, account.credential) == (house.now, 2)
    assert not house.decisions.allows(mia, "see.P", house.ward.scope)
    with pytest.raises(Conflict):
        house.do(house.security, GrantRole(account_id=mia.id, role="nurse"))
    house.do(house.system, EnableAccount(account_id=mia.id))
    assert house.decisions.allows(mia, "see.P", house.ward.scope)


@pytest.mark.parametrize("name", ["Mia.Wang", " mia.wang ", "ｍｉａ.wang", "MIA.WANG"])
def test_a_login_name_has_one_spelling(house: House, name: str) -> None:
    person(house)

    with pytest.raises(Conflict) as refused:
        house.do(house.system, CreateAccount(login_name=name))

    assert refused.value.reason == "LOGIN_NAME_TAKEN"


@pytest.mark.parametrize("name", ["", "m", "mia wang", "mia\nwang", "x" * 65, "mia\x00"])
def test_a_login_name_is_short_and_plain(house: House, name: str) -> None:
    with pytest.raises(Invalid):
        house.do(house.system, CreateAccount(login_name=name))


def test_a_service_has_a_title_and_no_password(house: House) -> None:
    made = house.do(house.system, CreateAccount(kind=ActorKind.SERVICE, title="HL7 of the north"))

    assert (made.login_name, made.password_hash, made.title) == (None, None, "HL7 of the north")
    with pytest.raises(Invalid):
        house.do(house.system, CreateAccount(kind=ActorKind.SERVICE, title="x", login_name="xy"))
    with pytest.raises(Invalid):
        house.do(house.system, CreateAccount(kind=ActorKind.SERVICE))
    with pytest.raises(Invalid):
        house.do(house.system, CreateAccount(kind=ActorKind.SCREEN, title="x"))
    assert NETWORK.path == "*"
