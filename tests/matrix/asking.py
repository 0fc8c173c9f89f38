"""One question per root field of the schema, with arguments that point at a corner of the city."""

from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any, cast
from uuid import UUID

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    execute,
    get_named_type,
    is_required_argument,
    parse,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.types import get_object_definition

from api.context import Context, snapshot
from api.query import read
from api.replies import payload_of
from api.schema import Subscription, build_schema
from api.subscription import LIVE, Live
from kit.errors import Refusal
from kit.ids import new_id
from kit.work import Actor
from tests.matrix.corner import City, Corner

# What an argument of this name points at; `field.argument` where one field means another thing.
POINTS_AT = {
    "accountId": "account", "actorId": "account", "alarmId": "alarm", "assignmentId": "assignment", "bedId": "bed",
    "contactId": "contact", "deliveryId": "delivery", "noticeIds": "delivery", "onCallId": "on_call",
    "bindingId": "binding", "credentialId": "credential", "deviceId": "device",
    "gatewayId": "gateway", "grantId": "grant", "reviewId": "review", "resolveSubject.subjectId": "subject", "encounterId": "encounter", "holdId": "hold",
    "hospitalId": "hospital", "itemId": "item", "messageId": "message", "outboundId": "outbound", "mergedId": "other_patient",
    "otherId": "other_encounter", "patientId": "patient", "subjectId": "patient", "planId": "plan",
    "approvalRuleId": "approval_rule", "legalHoldId": "legal_hold", "directiveId": "directive", "readerWardId": "ward", "erasureId": "erasure", "segmentId": "segment", "pruningId": "pruning",
    "whyNot.requestId": "asked_request", "planConflict.requestIds": "asked_request",
    "requestId": "request", "rotationId": "rotation", "ruleId": "rule", "roomId": "room", "stayId": "stay", "survivorId": "patient",
    "declarationId": "declaration", "toHospitalId": "other_hospital", "atHospitalId": "other_hospital", "transferId": "transfer",
    "targetWardId": "ward", "taskId": "task", "tokenId": "token", "waiverId": "waiver",
    "waivers": "waiver", "wardId": "ward",
    "alarm.id": "alarm", "alarmRule.id": "rule", "device.id": "device", "account.id": "account", "node.id": "bed", "patient.id": "patient",
    "encounter.id": "encounter", "ward.id": "ward", "bedPlan.id": "plan", "scenario.id": "scenario",
    "sessionId": "account", "staffId": "staff", "otherStaffId": "other_staff", "shiftId": "shift", "rosterId": "roster",
    "dutyId": "duty", "otherDutyId": "duty", "absenceId": "absence", "wishId": "wish",
    "toAccountId": "account", "swapId": "swap",
    "doctorId": "staff", "stateDoctorWish.doctorId": "doctor", "carePlan.id": "care_plan", "carePlanItems.planId": "care_plan",
    "approveCarePlan.planId": "care_plan", "rejectCarePlan.planId": "care_plan",
    "rosterPlan.id": "roster_plan", "rosterPlanItems.planId": "roster_plan",
    "whoElse.planId": "roster_plan", "whyNotDuty.planId": "roster_plan",
    "approveRosterPlan.planId": "roster_plan", "rejectRosterPlan.planId": "roster_plan", "encounterIds": "encounter", "homeWardId": "ward",
    "planProgress.id": "plan", "admissionId": "admission", "requestAdmission.encounterId": "planned_encounter", "admitPatient.encounterId": "waiting_encounter",
    "arrivePatient.encounterId": "planned_encounter", "requestBed.encounterId": "encounter",
    "transferScenario.id": "transfer_scenario", "transferPlan.id": "transfer_plan", "transferPlanItems.planId": "transfer_plan",
    "approveTransferPlan.planId": "transfer_plan", "rejectTransferPlan.planId": "transfer_plan",
    "transfer.id": "transfer", "requestTransfer.encounterId": "other_encounter",
    "askAboutTransfer.transferId": "incoming", "acceptTransfer.transferId": "incoming",
    "declineTransfer.transferId": "incoming", "withdrawAcceptance.transferId": "incoming",
    "arriveTransfer.transferId": "incoming", "completeTransfer.transferId": "incoming",
    "removeBed.bedId": "last_bed", "holdBed.bedId": "spare_bed",
}  # fmt: skip
# Texts and numbers that make sense where "text" and 1 do not.
PLAIN: dict[str, Any] = {
    "first": 10, "languages": "zh", "nurseSex": "F", "planKind": "beds", "licensedBeds": 12, "staffedBeds": 12, "timeZone": "Asia/Shanghai",
    "device": "d" * 40, "kind": "PERSON", "system": "MRN", "role": "nurse",
    "password": "seven quiet wards at dawn",
    "newPassword": "seven quiet wards at dusk",
    "longestShelfS": 600, "ackTimeoutS": 600, "fingerprint": "ab" * 32, "metric": "hr",
    "low": 10, "high": 90, "rise": 86.0, "fall": 80.0, "actionCards.level": 2,
    "setPressureThreshold.measure": "occupancy", "resolutionS": 60, "days": 90,
    "createAccount.loginName": "somebody.new", "reason": "SPILL", "skill": "WARD", "minutes": 480,
    "labourRules": "CN",
}  # fmt: skip
PROBLEM = "... on Problem { code reason message retryable field allowed blocking }"

SCHEMA = build_schema()
GRAPHQL = SCHEMA._schema


@dataclass(frozen=True)
class Root:
    """A field of Query, Mutation or Subscription."""

    operation: str
    name: str
    definition: GraphQLField = field(compare=False, hash=False)

    @property
    def label(self) -> str:
        return f"{self.operation.title()}.{self.name}"

    def pointers(self) -> list[str]:
        """Paths of the arguments that hold ids, e.g. `bedId` or `items.itemId`."""
        return [
            path
            for name, argument in self.definition.args.items()
            for path in _id_paths(name, argument.type)
        ]


def roots() -> list[Root]:
    """Every root field of the schema."""
    kinds = (GRAPHQL.query_type, GRAPHQL.mutation_type, GRAPHQL.subscription_type)
    found = []
    for kind in kinds:
        assert kind is not None
        found += [Root(kind.name.lower(), name, one) for name, one in kind.fields.items()]
    return found


def arguments(
    root: Root, city: City, corner: Corner, swapped: dict[str, UUID] | None = None
) -> dict[str, Any]:
    """Every argument that is needed or holds an id; `swapped` puts other ids at some paths."""
    made = {}
    for name, argument in root.definition.args.items():
        if is_required_argument(argument) or _id_paths(name, argument.type):
            made[name] = _value(_Slot(root, city, corner, swapped or {}), name, argument.type)
    return made


async def ask(root: Root, city: City, actor: Actor | None, given: dict[str, Any]) -> dict[str, Any]:
    """The response map of the operation."""
    context = Context(city.app, actor)
    if root.operation == "subscription":
        return _watch(root, context, given)
    result = execute(
        GRAPHQL, document(root), context_value=context, variable_values=given,
        is_awaitable=cast("Any", optimized_is_awaitable),
        executor_class=SCHEMA.execution_context_class,
    )  # fmt: skip
    done: ExecutionResult = await result if isinstance(result, Awaitable) else result
    return payload_of(done, "en", None)


def problem_of(root: Root, answer: dict[str, Any]) -> dict[str, Any] | None:
    """The Problem of a mutation or the first error of a read; None where it was answered."""
    if answer.get("errors"):
        first = answer["errors"][0]
        return {"message": first["message"], **first["extensions"]}
    got = answer["data"][root.name]
    if isinstance(got, dict) and got.get("__typename") == "Problem":
        return dict(got)
    return None


@cache
def document(root: Root) -> DocumentNode:
    return parse(text_of(root))


def text_of(root: Root) -> str:
    """The operation, its arguments as variables of the same names."""
    sent = [
        (name, argument)
        for name, argument in root.definition.args.items()
        if is_required_argument(argument) or _id_paths(name, argument.type)
    ]
    variables = ", ".join(f"${name}: {argument.type}" for name, argument in sent)
    passed = ", ".join(f"{name}: ${name}" for name, _ in sent)
    head = f"{root.operation} ({variables})" if sent else root.operation
    call = f"{root.name}({passed})" if sent else root.name
    return f"{head} {{ {call} {_selection(root.definition)} }}"


def _selection(definition: GraphQLField) -> str:
    kind = get_named_type(definition.type)
    if isinstance(kind, GraphQLUnionType):
        problem = PROBLEM if any(member.name == "Problem" for member in kind.types) else ""
        return f"{{ __typename {problem} }}"
    if isinstance(kind, GraphQLObjectType):
        return "{ nodes { __typename } }" if "nodes" in kind.fields else "{ __typename }"
    return ""


def _watch(root: Root, context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """As api/live_reading.py begins: topics first, then the first payload."""
    live = _live()[root.name]
    named = {_snake(name): _plain(value) for name, value in given.items()}
    try:
        with snapshot(context) as session:
            topics = partial(read, context, session, live.action)
            topics(live.topics, named)
            topics(partial(live.resolve, None), named)
    except Refusal as refusal:
        problem = {"code": refusal.code, "reason": refusal.reason}
        return {"errors": [{"message": refusal.message, "extensions": problem}]}
    return {"data": {root.name: {}}}


@cache
def _live() -> dict[str, Live]:
    fields = get_object_definition(Subscription, strict=True).fields
    return {_camel(f.python_name): f.metadata[LIVE] for f in fields}


@dataclass(frozen=True)
class _Slot:
    root: Root
    city: City
    corner: Corner
    swapped: dict[str, UUID]


def _value(slot: _Slot, path: str, kind: Any) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _value(slot, path, kind.of_type)
    if isinstance(kind, GraphQLList):
        return [_value(slot, path, kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: _value(slot, f"{path}.{name}", inner.type)
            for name, inner in kind.fields.items()
            if isinstance(inner.type, GraphQLNonNull) or _id_paths(name, inner.type)
        }
    name = path.rpartition(".")[2]
    if kind.name == "UUID":
        return str(slot.swapped.get(path) or slot.corner.ids[points_at(slot.root, name)])
    if name == "idempotencyKey":
        return str(new_id())
    if isinstance(kind, GraphQLEnumType):
        known = PLAIN.get(name)
        return known if known in kind.values else next(iter(kind.values))
    return _scalar(slot, name, kind.name)


def _scalar(slot: _Slot, name: str, kind: str) -> Any:
    if kind == "DateTime":
        return (slot.city.app.clock() + timedelta(minutes=30)).isoformat()
    if kind == "Date":
        later = timedelta(days=60 if name.startswith(("until", "expires")) else 45)
        return (slot.city.app.clock() + later).date().isoformat()
    plain = PLAIN.get(f"{slot.root.name}.{name}", PLAIN.get(name))
    return {"Int": plain or 1, "Boolean": True}.get(kind, plain or "text")


def points_at(root: Root, argument: str) -> str:
    return POINTS_AT.get(f"{root.name}.{argument}") or POINTS_AT[argument]


def _id_paths(name: str, kind: Any) -> Iterator[str] | list[str]:
    if isinstance(kind, GraphQLNonNull | GraphQLList):
        return list(_id_paths(name, kind.of_type))
    if isinstance(kind, GraphQLInputObjectType):
        return [p for n, f in kind.fields.items() for p in _id_paths(f"{name}.{n}", f.type)]
    return [name] if kind.name == "UUID" else []


def _plain(value: Any) -> Any:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
