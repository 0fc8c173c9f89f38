"""A hospital's own limits of a metric."""

import math
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from domain.devices.model import DeviceKind
from domain.places.model import Hospital
from domain.readings.metrics import metric_named
from domain.readings.model import ANY_KIND, MetricLimit
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class SetMetricLimit(Command[MetricLimit]):
    """Say what is impossible and what is odd for a metric, in its canonical unit.

    For one kind of device, or for any. It counts from the next value on.
    """

    action = "reading.limit"

    hospital_id: UUID
    metric: str
    low: float
    high: float
    soft_low: float | None = None
    soft_high: float | None = None
    device_kind: DeviceKind | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> MetricLimit:
        metric = metric_named(self.metric)
        bounds = (self.low, self.soft_low, self.soft_high, self.high)
        told = [bound for bound in bounds if bound is not None]
        if not all(map(math.isfinite, told)) or told != sorted(told) or self.low == self.high:
            raise Invalid("limits are numbers in this order: low, softLow, softHigh, high",
                          reason="LIMITS_OUT_OF_ORDER", field="low")  # fmt: skip
        kind = self.device_kind.value if self.device_kind else ANY_KIND
        row = self._known(work, metric.code, kind) or work.add(
            MetricLimit(hospital_id=self.hospital_id, metric=metric.code, device_kind=kind,
                        low=self.low, high=self.high)
        )  # fmt: skip
        row.low, row.high = self.low, self.high
        row.soft_low, row.soft_high = self.soft_low, self.soft_high
        work.emit("MetricLimitSet", row.scope, limit=row.id)
        return row

    def _known(self, work: Work, metric: str, kind: str) -> MetricLimit | None:
        return work.session.exec(
            select(MetricLimit).where(
                MetricLimit.hospital_id == self.hospital_id,
                MetricLimit.metric == metric,
                MetricLimit.device_kind == kind,
            )
        ).first()
