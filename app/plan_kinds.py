"""Every kind of plan there is: importing this makes them known."""

import domain.plans.bed_kind
import domain.rosters.plan_kind
import domain.scenarios.kind  # noqa: F401
