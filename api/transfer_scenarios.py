"""What-if scenarios of the transfer plan in GraphQL: ask, and look at both sides."""

from typing import Any, Self
from uuid import UUID

import strawberry

from api.mutation import mutation
from api.plan_views import PlanView, RuleText
from api.query import Reader, query
from api.scenarios import RuleCount
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.places.model import CareLevel
from domain.plans.model import PlanState
from domain.scenarios.kind import TransferScenarios
from domain.scenarios.queries import Comparison, scenario_in_reach
from domain.scenarios.transfer_commands import (
    NetworkChange,
    RequestTransferScenario,
    TransferChangeKind,
)
from domain.transfers.plan_texts import transfer_plan_text

READ = TransferScenarios.read_action

strawberry.enum(TransferChangeKind, name="TransferScenarioChangeKind")


@strawberry.input
class TransferScenarioChangeInput:
    """HOSPITAL_CLOSED names a hospital, CAPACITY_LESS and BEDS_ADDED a hospital, a level of care
    and how many beds, CAPABILITY_LOST a hospital and its specialty or equipment, ARRIVALS_PLUS a
    percentage."""

    kind: TransferChangeKind
    at_hospital_id: UUID | None = None
    level: CareLevel | None = None
    capability: str | None = None
    beds: int | None = None
    percent: int | None = None


@classified(DataClass.TRANSFER)
@strawberry.type
class TransferScenarioHospital:
    """A hospital on one side: how many of its patients would get a bed in it, come from others,
    go to others, and wait."""

    hospital_id: strawberry.ID
    placed_here: int
    received: int
    sent: int
    waiting: int


@classified(DataClass.TRANSFER)
@strawberry.type
class TransferScenarioSide:
    """What one side comes to. `staying`: patients who keep the bed they have. `displaced`: those
    whose bed the scenario takes away; they are among the placed and the waiting."""

    placed: int
    staying: int
    waiting: int
    displaced: int
    displaced_waiting: int
    cost: int
    bound: int | None
    status: str
    broken: list[RuleCount]
    waived: list[RuleCount]
    hospitals: list[TransferScenarioHospital]

    @classmethod
    def of(cls, side: dict[str, Any] | None) -> Self | None:
        if side is None:
            return None
        counts = {
            name: [RuleCount(rule=_rule(e["code"]), count=e["count"]) for e in side[name]]
            for name in ("broken", "waived")
        }
        hospitals = [
            TransferScenarioHospital(
                hospital_id=strawberry.ID(each["hospital"]),
                placed_here=each["placed_here"],
                received=each["received"],
                sent=each["sent"],
                waiting=each["waiting"],
            )
            for each in side["hospitals"]
        ]
        return cls(**{**side, **counts, "hospitals": hospitals})


@classified(DataClass.TRANSFER)
@strawberry.type
class TransferScenarioChangeView:
    """A change as it was asked for."""

    kind: TransferChangeKind
    at_hospital_id: strawberry.ID | None
    level: CareLevel | None
    capability: str | None
    beds: int | None
    percent: int | None

    @classmethod
    def of(cls, change: dict[str, Any]) -> Self:
        level = change.get("level")
        return cls(
            kind=TransferChangeKind(change["kind"]),
            at_hospital_id=change.get("hospital"),
            level=CareLevel(level) if level else None,
            capability=change.get("capability"),
            beds=change.get("beds"),
            percent=change.get("percent"),
        )


@classified(DataClass.TRANSFER)
@strawberry.type(name="TransferScenario")
class TransferScenarioView(View):
    """A what-if of the network beside today: both sides are null until they are solved."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: PlanState | None
    changes: list[TransferScenarioChangeView] | None
    baseline: TransferScenarioSide | None
    scenario: TransferScenarioSide | None

    @classmethod
    def of(cls, found: Comparison, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(found.plan.id)),
            state=found.plan.state,
            changes=[TransferScenarioChangeView.of(change) for change in found.changes],
            baseline=TransferScenarioSide.of(found.baseline),
            scenario=TransferScenarioSide.of(found.scenario),
        )


@strawberry.type
class TransferScenarioQueries:
    @query(READ)
    def transfer_scenario(self, reader: Reader, id: UUID) -> TransferScenarioView:
        """A scenario beside today's transfer plan: placed, waiting, broken rules, cost, by
        hospital."""
        found = scenario_in_reach(reader.session, reader.scopes, id, READ)
        return TransferScenarioView.of(found, reader.sight(found.plan.scope))


@strawberry.type
class TransferScenarioMutations:
    @mutation(returns=PlanView)
    def request_transfer_scenario(
        self,
        changes: list[TransferScenarioChangeInput],
        hospital_id: UUID | None = None,
        horizon_days: int = 1,
        time_limit_s: int = 30,
        seed: int = 0,
    ) -> RequestTransferScenario:
        return RequestTransferScenario(
            network_changes=tuple(NetworkChange(**vars(change)) for change in changes),
            hospital_id=hospital_id,
            horizon_days=horizon_days,
            time_limit_s=time_limit_s,
            seed=seed,
        )


def _rule(code: str) -> RuleText:
    zh, en = transfer_plan_text(code)
    return RuleText(code=code, zh=zh, en=en)
