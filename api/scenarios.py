"""What-if scenarios in GraphQL: ask, and look at both sides."""

from typing import Any, Self
from uuid import UUID

import strawberry

from api.mutation import mutation
from api.plan_views import PlanView, RuleText
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.patients.model import Sex
from domain.plans.model import PlanState
from domain.scenarios.commands import ChangeKind, RequestScenario, ScenarioChange
from domain.scenarios.queries import Comparison, scenario_in_reach

strawberry.enum(ChangeKind, name="ScenarioChangeKind")


@strawberry.input
class ScenarioChangeInput:
    """WARD_CLOSED and BEDS_ADDED name a ward, STAFF_MISSING a ward and how many nurses,
    ARRIVALS_PLUS a percentage, BAY_FLIPPED a room and the sex it would be for."""

    kind: ChangeKind
    ward_id: UUID | None = None
    room_id: UUID | None = None
    sex: Sex | None = None
    nurses: int | None = None
    percent: int | None = None
    beds: int | None = None


@classified(DataClass.BED)
@strawberry.type
class RuleCount:
    """A rule and how many items of the plan break it."""

    rule: RuleText
    count: int


@classified(DataClass.BED)
@strawberry.type
class ScenarioWard:
    """A ward on one side: who is there, who would come, and what its staff can look after."""

    ward_id: strawberry.ID
    present: int
    placed: int
    staffed_beds: int


@classified(DataClass.BED)
@strawberry.type
class ScenarioSide:
    """What one side comes to. `displaced`: patients whose bed the scenario takes away; they are
    among the placed and the waiting."""

    placed: int
    waiting: int
    displaced: int
    displaced_waiting: int
    cost: int
    bound: int | None
    status: str
    broken: list[RuleCount]
    waived: list[RuleCount]
    wards: list[ScenarioWard]

    @classmethod
    def of(cls, side: dict[str, Any] | None) -> Self | None:
        if side is None:
            return None
        counts = {
            name: [RuleCount(rule=RuleText.of(e["code"]), count=e["count"]) for e in side[name]]
            for name in ("broken", "waived")
        }
        wards = [
            ScenarioWard(
                ward_id=strawberry.ID(each["ward"]),
                present=each["present"],
                placed=each["placed"],
                staffed_beds=each["staffed_beds"],
            )
            for each in side["wards"]
        ]
        return cls(**{**side, **counts, "wards": wards})


@classified(DataClass.BED)
@strawberry.type
class ScenarioChangeView:
    """A change as it was asked for; `patientsPerNurse` is the ward's own ratio at that time."""

    kind: ChangeKind
    ward_id: strawberry.ID | None
    room_id: strawberry.ID | None
    sex: Sex | None
    nurses: int | None
    patients_per_nurse: int | None
    percent: int | None
    beds: int | None

    @classmethod
    def of(cls, change: dict[str, Any]) -> Self:
        sex = change.get("sex")
        return cls(
            kind=ChangeKind(change["kind"]),
            ward_id=change.get("ward"),
            room_id=change.get("room"),
            sex=Sex(sex) if sex else None,
            nurses=change.get("nurses"),
            patients_per_nurse=change.get("patients_per_nurse"),
            percent=change.get("percent"),
            beds=change.get("beds"),
        )


@classified(DataClass.BED)
@strawberry.type(name="Scenario")
class ScenarioView(View):
    """A what-if beside today: both sides are null until they are solved."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: PlanState
    changes: list[ScenarioChangeView]
    baseline: ScenarioSide | None
    scenario: ScenarioSide | None

    @classmethod
    def of(cls, found: Comparison, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(found.plan.id)),
            state=found.plan.state,
            changes=[ScenarioChangeView.of(change) for change in found.changes],
            baseline=ScenarioSide.of(found.baseline),
            scenario=ScenarioSide.of(found.scenario),
        )


@strawberry.type
class ScenarioQueries:
    @query("plan.read")
    def scenario(self, reader: Reader, id: UUID) -> ScenarioView:
        """A scenario beside today's plan: placed, waiting, broken rules, cost, by ward."""
        found = scenario_in_reach(reader.session, reader.scopes, id)
        return ScenarioView.of(found, reader.sight(found.plan.scope))


@strawberry.type
class ScenarioMutations:
    @mutation(returns=PlanView)
    def request_scenario(
        self,
        hospital_id: UUID,
        changes: list[ScenarioChangeInput],
        time_limit_s: int = 20,
        seed: int = 0,
    ) -> RequestScenario:
        asked = tuple(ScenarioChange(**vars(change)) for change in changes)
        return RequestScenario(
            hospital_id=hospital_id, changes=asked, time_limit_s=time_limit_s, seed=seed
        )
