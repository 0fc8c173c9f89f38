"""The shipped policy: read strictly, separate where it must be."""

from itertools import combinations

import pytest

from authz.decision import golden_decisions
from authz.rules import Holder, PolicyBroken, Rule, checked_action, checked_role
from authz.shipped import MAX_DEPTH, POLICY_FILE, read_policy, shipped_policy

SMALL = "r, nurse, PERSON\np, nurse, bed.admit, allow\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r, nurse, PERSON\n",
        SMALL + "p, nurse, bed.admit\n",
        SMALL + "p, nurse, bed.admit, allow\n",
        SMALL + "p, nurse, bed.move, maybe\n",
        SMALL + "p, nurse, , allow\n",
        SMALL + "p, ghost, bed.move, allow\n",
        SMALL + "p, nurse, bed.*, allow\n",
        SMALL + "p, nurse, see.Q, allow\n",
        SMALL + "p, nurse, see.I.everybody, allow\n",
        SMALL + "r, nurse manager, PERSON\n",
        SMALL + "r, owner, GOD\n",
        SMALL + "p, nurse, bed.move, allow\r\n",
        SMALL + "g, nurse, nurse\n",
    ],
)
def test_a_line_that_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(PolicyBroken):
        read_policy(text)


@pytest.mark.parametrize("word", ["nurse\np, nurse, role.grant, allow", "Nurse", "nurse,", "", "*"])
def test_a_role_with_a_newline_or_comma_is_no_role(word: str) -> None:
    with pytest.raises(PolicyBroken):
        checked_role(word)


@pytest.mark.parametrize("word", ["bed", "bed.admit\n", ".*", "see.", "see.Q", "see.x", "*"])
def test_an_action_outside_the_grammar_is_no_action(word: str) -> None:
    with pytest.raises(PolicyBroken):
        checked_action(word)


def test_roles_inherit_at_most_five_deep() -> None:
    names = ["a", "b", "c", "d", "e", "f", "h"]

    def chain(length: int) -> str:
        roles = "".join(f"r, {name}, PERSON\n" for name in names)
        steps = "".join(f"g, {a}, {b}\n" for a, b in zip(names, names[1:][:length], strict=False))
        return f"{roles}{steps}p, {names[length]}, bed.admit, allow\n"

    assert Rule("a", "bed.admit", "allow") in read_policy(chain(MAX_DEPTH)).rules
    with pytest.raises(PolicyBroken, match="deeper than 5"):
        read_policy(chain(MAX_DEPTH + 1))


def test_no_administrator_sees_a_patient() -> None:
    rules = shipped_policy().rules
    for role in ("system-administrator", "security-administrator"):
        for letter in "PMICNXA":
            assert Rule(role, f"see.{letter}", "deny") in rules
        assert not {r for r in rules if r.role == role and r.action.endswith(".assigned")}


def test_system_security_and_audit_administration_are_three_people() -> None:
    three = ("compliance-officer", "security-administrator", "system-administrator")

    assert set(combinations(three, 2)) <= shipped_policy().exclusions


def test_only_security_administrators_grant_roles() -> None:
    granting = {r.role for r in shipped_policy().rules if r.action in ("role.grant", "role.revoke")}

    assert granting == {"security-administrator"}


def test_golden_decisions_name_roles_of_the_policy() -> None:
    golden = golden_decisions()

    assert len(golden) == len(set(golden)) > 30
    assert {role for role, _, _ in golden} <= set(shipped_policy().roles)


def test_only_built_in_roles_lack_a_kind_of_account() -> None:
    built_in = {r for r, h in shipped_policy().roles.items() if h is Holder.BUILT_IN}

    held_by_a_grant = {"emergency-access", "emergency-reach"}
    assert built_in == {"anyone", "signed-in", "program"} | held_by_a_grant
    assert POLICY_FILE.read_text("utf-8").count("\nr, ") == len(shipped_policy().roles)
