"""What GraphQL shows of transfer plans: who should go where, why, and what else there is."""

from typing import Any, Self

import strawberry

from api.plan_views import Hindrance, RuleText, ScoreTerm
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.plans.model import ItemState, ProposalItem
from domain.transfers.plan_texts import transfer_plan_text


@classified(DataClass.GENERAL)
@strawberry.type
class OtherPlace:
    """Another place for the same patient, or none. `price`: how much dearer the whole plan becomes;

    an estimate where `exact` is false.
    """

    decision: str
    hospital_id: strawberry.ID | None
    level: str | None
    price: int
    exact: bool
    terms: list[ScoreTerm]


@classified(DataClass.TRANSFER)
@strawberry.type(name="TransferPlanItem")
class TransferItemView(View):
    """One waiting patient: to which hospital and why, or why none can take them.

    `transferId` is set once the item was carried out. `needSource` names the forecast by which
    beds are kept free; NONE if there was none.
    """

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: ItemState | None
    request_id: strawberry.ID | None
    encounter_id: strawberry.ID | None
    from_hospital_id: strawberry.ID | None
    to_hospital_id: strawberry.ID | None
    level: str | None
    travel_min: int | None
    penalty: int | None
    terms: list[ScoreTerm] | None
    kept: list[RuleText] | None
    waived: list[RuleText] | None
    reasons: list[Hindrance] | None
    alternatives: list[OtherPlace] | None
    need_source: str | None
    transfer_id: strawberry.ID | None
    outcome: str | None

    @classmethod
    def of(cls, row: ProposalItem, sight: Sight) -> Self:
        said = row.detail
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            state=row.state,
            request_id=_id(row.request_id),
            encounter_id=_id(row.encounter_id),
            from_hospital_id=_id(said.get("from_hospital")),
            to_hospital_id=_id(said.get("hospital")),
            level=said.get("level"),
            travel_min=said.get("minutes"),
            penalty=row.penalty,
            terms=_terms(row.terms),
            kept=[RuleText.kept(code) for code in row.kept],
            waived=[_rule(code) for code in row.waived],
            reasons=[
                Hindrance(rule=_rule(one["rule"]), forbids=one["forbids"], alone=one["alone"],
                          short_by=None)
                for one in row.reasons
            ],
            alternatives=[
                OtherPlace(decision=one["decision"], hospital_id=_id(one["hospital"]),
                           level=one["level"], price=one["price"], exact=one["exact"],
                           terms=_terms(one["terms"]))
                for one in row.alternatives
            ],
            need_source=said.get("need_source"),
            transfer_id=_id(said.get("transfer")),
            outcome=row.outcome,
        )  # fmt: skip


def _terms(terms: list[dict[str, Any]]) -> list[ScoreTerm]:
    return [ScoreTerm(rule=_rule(one["code"]), penalty=one["penalty"]) for one in terms]


def _rule(code: str) -> RuleText:
    zh, en = transfer_plan_text(code)
    return RuleText(code=code, zh=zh, en=en)


def _id(value: object) -> strawberry.ID | None:
    return strawberry.ID(str(value)) if value else None
