"""Every refusal that a person can meet has a Chinese text."""

import re
from pathlib import Path

import pytest

from api.messages import CHINESE, in_chinese
from kit.errors import Conflict, Denied, Infeasible, Invalid, NotFound

ROOT = Path(__file__).parents[2]
ROOMS = ("kit", "authz", "domain", "app", "api")
# What a message from another system can run into: shown to the engineer who looks after it.
FOR_ENGINEERS = ("domain/inbound/",)


def reasons_in_code() -> dict[str, str]:
    """Reason code → file, of every refusal raised with a constant reason."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith(FOR_ENGINEERS):
                found |= dict.fromkeys(re.findall(r'\breason="([A-Z_]+)"', file.read_text()), name)
    return found


def test_every_reason_has_a_chinese_text() -> None:
    found = reasons_in_code()
    assert len(found) > 60
    assert {reason: file for reason, file in found.items() if reason not in CHINESE} == {}


@pytest.mark.parametrize("kind", [Invalid, NotFound, Denied, Conflict, Infeasible])
def test_a_reason_without_a_text_falls_back_to_its_code(kind: type[Conflict]) -> None:
    assert in_chinese(kind("x", reason="NEVER_HEARD_OF")) == CHINESE[kind.code]


def test_the_reason_decides_before_the_code() -> None:
    assert in_chinese(Conflict("x", reason="BED_TAKEN")) == CHINESE["BED_TAKEN"]
