"""The smallest hospital in which a rule can be seen: one request, one ward, the beds one needs."""

from collections.abc import Iterable
from typing import Any

from solvers.bed_plan import BedPlan
from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Scope, Waiver, Ward
from solvers.beds import solve


def patient(key: str = "p", **facts: Any) -> Request:
    return Request(**{"key": key, "encounter": f"e-{key}", "sex": "F", "age_years": 40, **facts})


def lying(room: str, sex: str = "F", **facts: Any) -> Occupant:
    key = facts.pop("key", f"o-{room}")
    return Occupant(**{"key": key, "room": room, "sex": sex, **facts})


def waiver(rule: str, scope: str, key: str) -> Waiver:
    return Waiver(rule=rule, scope=Scope(scope), key=key)


def hospital(
    *requests: Request,
    beds: Iterable[str] = ("bay:1",),
    rooms: dict[str, dict[str, Any]] | None = None,
    bed: dict[str, dict[str, Any]] | None = None,
    **facts: Any,
) -> BedPlanProblem:
    """Beds are named `room:number`, in ward `w`; `rooms` and `bed` give their facts by name.

    A taken neighbour keeps every bay a shared room. Other facts go to the ward or the problem.
    """
    names = list(beds)
    kinds = rooms or {}
    room_keys = sorted({name.split(":")[0] for name in names})
    lists: dict[str, Any] = {name: tuple(facts.pop(name, ())) for name in ("occupants", "waivers")}
    rest = {"rules": facts.pop("rules")} if "rules" in facts else {}
    return BedPlanProblem(
        requests=requests,
        beds=tuple(
            Bed(key=name, ward="w", room=name.split(":")[0], **(bed or {}).get(name, {}))
            for name in names
        ),
        rooms=tuple(Room(key=key, ward="w", **kinds.get(key, {})) for key in room_keys),
        wards=(Ward(key="w", **{"staffed_beds": 99, **facts}),),
        **lists,
        **rest,
    )


def placed(problem: BedPlanProblem) -> dict[str, str]:
    return solve(problem).bed_of


def terms(plan: BedPlan) -> dict[str, int]:
    """All penalties of a plan, by rule."""
    return {code: points for item in plan.items for code, points in item.terms}
