"""How well the service keeps its objectives, in GraphQL, for those who run it or depend on it."""

from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry

from api.limits import AT_MOST
from api.query import Reader, query
from api.sight import CLASS, Sight, View, classified, shows
from app.circuits import Circuits, Outward
from app.objectives import objectives
from app.service_levels import Standing
from app.wiring import App
from authz.classes import DataClass
from kit.errors import Denied
from kit.work import NETWORK

strawberry.enum(Outward)


@strawberry.enum
class ServiceState(StrEnum):
    """In a word. STRAINED: an error budget burns too fast. READ_ONLY: the disk is full."""

    GOOD = "GOOD"
    STRAINED = "STRAINED"
    READ_ONLY = "READ_ONLY"


@classified(DataClass.ACCOUNTS)
@strawberry.type
class ServiceObjective:
    """An objective and its rolling window, over all processes of the house.

    `good` of `measured` were at most `limit`; `share` of them are asked for. `burn` 1 spends the
    error budget exactly within the window; `recentBurn` looks at its last twelfth. `value` is an
    upper bound of the quantile at `share`; null where nothing was measured.
    """

    name: str
    name_zh: str
    name_en: str
    formula: str
    limit: float
    unit: str
    share: float
    window_s: int
    measured: int
    good: int
    burn: float
    recent_burn: float
    value: float | None
    met: bool

    @classmethod
    def of(cls, found: Standing) -> Self:
        one = found.objective
        return cls(
            name=one.name, name_zh=one.name_zh, name_en=one.name_en, formula=one.formula,
            limit=one.limit, unit=one.unit, share=one.share, window_s=one.window_s,
            measured=found.measured, good=found.good, burn=found.burn,
            recent_burn=found.recent_burn, value=found.value, met=found.met,
        )  # fmt: skip


@classified(DataClass.ACCOUNTS)
@strawberry.type
class ServiceCircuit:
    """Whom the program calls: how many fail, and how many of them are not tried for a while."""

    outward: Outward
    failing: int
    open: int

    @classmethod
    def of(cls, outward: Outward, circuits: Circuits) -> Self:
        failing, open_ = circuits.standing()
        return cls(outward=outward, failing=failing, open=open_)


@classified(DataClass.ACCOUNTS)
@strawberry.type
class ServiceStatus(View):
    """`objectives` of all processes, at most 15 s old; the rest of the process that answers."""

    as_of: datetime = shows(DataClass.GENERAL)
    state: ServiceState = shows(DataClass.GENERAL)
    read_only_since: datetime | None = shows(DataClass.GENERAL)
    objectives: list[ServiceObjective] | None = strawberry.field(
        metadata={CLASS: DataClass.ACCOUNTS, AT_MOST: len(objectives())}
    )

    circuits: list[ServiceCircuit] | None = strawberry.field(
        metadata={CLASS: DataClass.ACCOUNTS, AT_MOST: len(Outward)}
    )

    @classmethod
    def of(cls, app: App, as_of: datetime, sight: Sight) -> Self:
        found, read_only_since = app.metrics.levels.standings(), app.room.since
        strained = any(one.recent_burn > 1 for one in found)
        state = ServiceState.STRAINED if strained else ServiceState.GOOD
        return cls(
            sight=sight, as_of=as_of, read_only_since=read_only_since,
            state=ServiceState.READ_ONLY if read_only_since else state,
            objectives=[ServiceObjective.of(one) for one in found],
            circuits=[ServiceCircuit.of(*one) for one in app.breakers.of.items()],
        )  # fmt: skip


@strawberry.type
class ServiceQueries:
    @query("program.read")
    def service_status(self, reader: Reader) -> ServiceStatus:
        """In a word for whoever depends on it; with the figures for who answers for it."""
        if not reader.scopes:
            raise Denied("you hold no role that looks after the service")
        return ServiceStatus.of(reader.context.app, reader.now, reader.sight(NETWORK))
