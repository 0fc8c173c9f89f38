"""The whole schema, from one mixin per slice."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.access_log import AccessLogQueries
from api.accounts import AccountMutations, AccountQueries
from api.admission_questions import AdmissionQuestions
from api.admissions import AdmissionMutations, AdmissionQueries
from api.alarm_rules import AlarmRuleMutations, AlarmRuleQueries
from api.alarms import AlarmMutations, AlarmQueries, AlarmSubscriptions
from api.approval_rules import ApprovalRuleMutations, ApprovalRuleQueries
from api.backups import BackupQueries
from api.beds import BedMutations, BedQueries, BedSubscriptions
from api.break_glass import BreakGlassMutations, BreakGlassQueries, BreakGlassSubscriptions
from api.care_plans import CarePlanMutations, CarePlanQueries
from api.charts import ChartQueries
from api.charts_readings import ReadingChartQueries
from api.classification import refuse_unclassified
from api.demand import DemandQueries
from api.devices import DeviceMutations, DeviceQueries
from api.directives import DirectiveMutations, DirectiveQueries
from api.doctor_wishes import DoctorWishMutations, DoctorWishQueries
from api.forecasts import ForecastMutations, ForecastQueries, ForecastSubscriptions
from api.keys import KeyMutations, KeyQueries
from api.ledger import LedgerQueries
from api.measures import MeasureQueries
from api.moves import MoveMutations
from api.node import NodeQueries
from api.notices import NoticeMutations, NoticeQueries
from api.overrides import OverrideQueries
from api.own_sessions import OwnSessionMutations, OwnSessionQueries
from api.parked import ParkedMutations, ParkedQueries
from api.patient_mutations import PatientMutations
from api.patients import PatientQueries
from api.places import PlaceMutations, PlaceQueries
from api.plan_questions import PlanQuestions
from api.plans import PlanMutations, PlanQueries, PlanSubscriptions
from api.preferences import PreferenceMutations, PreferenceQueries
from api.pressure import PressureMutations, PressureQueries, PressureSubscriptions
from api.privacy import PrivacyMutations, PrivacyQueries
from api.pruning import PruningMutations, PruningQueries
from api.readings import ReadingMutations, ReadingQueries, ReadingSubscriptions
from api.reviews import ReviewMutations, ReviewQueries
from api.roster_plans import RosterPlanMutations, RosterPlanQueries
from api.roster_questions import RosterQuestions
from api.rosters import RosterMutations, RosterQueries
from api.scenarios import ScenarioMutations, ScenarioQueries
from api.service import ServiceQueries
from api.sight import look
from api.staff import StaffMutations, StaffQueries
from api.status import StatusQueries, StatusSubscriptions
from api.transfer_mutations import ReceivingMutations, TransferMutations
from api.transfer_plans import TransferPlanMutations, TransferPlanQueries
from api.transfer_scenarios import TransferScenarioMutations, TransferScenarioQueries
from api.transfers import TransferQueries, TransferSubscriptions
from api.travel_times import TravelTimeMutations, TravelTimeQueries
from authz.shipped import shipped_policy


@strawberry.type
class Query(
    AccountQueries,
    OwnSessionQueries,
    AccessLogQueries,
    TravelTimeQueries,
    AdmissionQueries,
    AdmissionQuestions,
    BackupQueries,
    AlarmQueries,
    AlarmRuleQueries,
    BedQueries,
    BreakGlassQueries,
    CarePlanQueries,
    ChartQueries,
    DemandQueries,
    DeviceQueries,
    ForecastQueries,
    KeyQueries,
    LedgerQueries,
    MeasureQueries,
    NodeQueries,
    NoticeQueries,
    ParkedQueries,
    PatientQueries,
    PlaceQueries,
    PlanQueries,
    PressureQueries,
    PrivacyQueries,
    PruningQueries,
    DirectiveQueries,
    PlanQuestions,
    ApprovalRuleQueries,
    OverrideQueries,
    PreferenceQueries,
    DoctorWishQueries,
    ScenarioQueries,
    TransferScenarioQueries,
    ReadingChartQueries,
    ReadingQueries,
    ReviewQueries,
    RosterPlanQueries,
    RosterQuestions,
    RosterQueries,
    ServiceQueries,
    StaffQueries,
    StatusQueries,
    TransferPlanQueries,
    TransferQueries,
): ...


@strawberry.type
class Mutation(
    AccountMutations,
    OwnSessionMutations,
    AdmissionMutations,
    TravelTimeMutations,
    AlarmMutations,
    AlarmRuleMutations,
    BedMutations,
    BreakGlassMutations,
    CarePlanMutations,
    DeviceMutations,
    ForecastMutations,
    KeyMutations,
    MoveMutations,
    NoticeMutations,
    ParkedMutations,
    PatientMutations,
    PlaceMutations,
    PlanMutations,
    PressureMutations,
    PrivacyMutations,
    PruningMutations,
    DirectiveMutations,
    ApprovalRuleMutations,
    PreferenceMutations,
    DoctorWishMutations,
    ScenarioMutations,
    TransferScenarioMutations,
    ReadingMutations,
    ReviewMutations,
    RosterMutations,
    RosterPlanMutations,
    StaffMutations,
    ReceivingMutations,
    TransferMutations,
    TransferPlanMutations,
): ...


@strawberry.type
class Subscription(
    AlarmSubscriptions,
    BedSubscriptions,
    BreakGlassSubscriptions,
    ForecastSubscriptions,
    PlanSubscriptions,
    PressureSubscriptions,
    ReadingSubscriptions,
    StatusSubscriptions,
    TransferSubscriptions,
): ...


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
