"""The whole schema, from one mixin per slice."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.accounts import AccountMutations, AccountQueries
from api.alarms import AlarmMutations, AlarmQueries, AlarmSubscriptions
from api.beds import BedMutations, BedQueries, BedSubscriptions
from api.classification import refuse_unclassified
from api.devices import DeviceMutations, DeviceQueries
from api.ledger import LedgerQueries
from api.node import NodeQueries
from api.notices import NoticeMutations, NoticeQueries
from api.patient_mutations import PatientMutations
from api.patients import PatientQueries
from api.places import PlaceMutations, PlaceQueries
from api.plans import PlanMutations, PlanQueries, PlanSubscriptions
from api.sight import look
from authz.shipped import shipped_policy


@strawberry.type
class Query(
    AccountQueries,
    AlarmQueries,
    BedQueries,
    DeviceQueries,
    LedgerQueries,
    NodeQueries,
    NoticeQueries,
    PatientQueries,
    PlaceQueries,
    PlanQueries,
): ...


@strawberry.type
class Mutation(
    AccountMutations,
    AlarmMutations,
    BedMutations,
    DeviceMutations,
    NoticeMutations,
    PatientMutations,
    PlaceMutations,
    PlanMutations,
): ...


@strawberry.type
class Subscription(AlarmSubscriptions, BedSubscriptions, PlanSubscriptions): ...


class _Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[Any], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: the stock one prints documents with their literals. api/http.py reports."""


def build_schema() -> strawberry.Schema:
    """The schema. Raises Unclassified if nobody said who may see a field."""
    schema = _Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(default_resolver=look, disable_field_suggestions=True),
    )
    refuse_unclassified(schema, shipped_policy().actions)
    return schema


def sdl() -> str:
    """The schema as checked in at docs/schema.graphql."""
    return build_schema().as_str() + "\n"
