"""What is to be done at a level of pressure, by whom: domain/pressure/cards.csv."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain.measures.pressure import HIGHEST, LOWEST
from kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class ActionCard:
    """`role` as in authz/policy.csv: who is to see to it."""

    code: str
    level: int
    role: str
    zh: str
    en: str


@cache
def all_cards() -> tuple[ActionCard, ...]:
    path = Path(__file__).with_name("cards.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            ActionCard(row["code"], int(row["level"]), row["role"], row["zh"], row["en"])
            for row in csv.DictReader(file)
        )


def cards_at(level: int) -> tuple[ActionCard, ...]:
    """The cards of a level; those of the levels below it hold on. Raises Invalid."""
    require_level(level)
    return tuple(card for card in all_cards() if card.level <= level)


def require_level(level: int) -> None:
    """Raise Invalid unless it is a level."""
    if not LOWEST <= level <= HIGHEST:
        raise Invalid(f"a level is {LOWEST} to {HIGHEST}", field="level",
                      allowed=tuple(str(one) for one in range(LOWEST, HIGHEST + 1)))  # fmt: skip
