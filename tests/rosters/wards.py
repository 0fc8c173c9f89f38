"""The smallest wards in which a rule of rosters can be seen."""

from typing import Any

from solvers.roster_problem import Contract, Demand, HeldSkill, RosterProblem, Shift, Staff
from solvers.roster_ruleset import RosterRules, Term

SHIFTS = {
    "E": Shift(key="E", kind="EARLY", start_min=360, length_min=480),  # type: ignore[arg-type]
    "L": Shift(key="L", kind="LATE", start_min=810, length_min=480),  # type: ignore[arg-type]
    "N": Shift(key="N", kind="NIGHT", start_min=1260, length_min=540),  # type: ignore[arg-type]
    "C": Shift(key="C", kind="ON_CALL", start_min=480, length_min=1440, counted_min=360),  # type: ignore[arg-type]
}
UNCOVERED, THIN, ABOVE = 1000, 100, 50


def rules(*labour: Term, **weights: int) -> RosterRules:
    """Heads missing cost 1000, thin ones 100, those too many 50; anything else as named."""
    base = {"UNCOVERED": UNCOVERED, "BELOW_PREFERRED": THIN, "ABOVE_PREFERRED": ABOVE}
    return RosterRules(version="test", labour=labour, weights=tuple({**base, **weights}.items()))


def nurse(key: str = "a", *skills: str, **facts: Any) -> Staff:
    held = tuple(HeldSkill(skill=skill) for skill in skills)
    return Staff(**{"key": key, "contract": "full", "skills": held, **facts})


def need(day: int, shift: str, heads: int = 1, skill: str = "", preferred: int = 0) -> Demand:
    return Demand(day=day, shift=shift, skill=skill, minimum=heads, preferred=max(heads, preferred))


def ward(*people: Staff, terms: tuple[Term, ...] = (), **facts: Any) -> RosterProblem:
    """A week from a Monday with all shifts, unless `facts` say otherwise."""
    weekend = facts.pop("weekend", (5, 6))
    return RosterProblem(
        **{
            "first_day": "2026-11-30",
            "days": 7,
            "shifts": tuple(SHIFTS.values()),
            "contracts": (Contract(key="full", weekly_min=2400, terms=terms, weekend=weekend),),
            "staff": people,
            "rules": rules(),
            **facts,
        }
    )
