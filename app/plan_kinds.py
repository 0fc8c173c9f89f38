"""Every kind of plan there is: importing this makes them known."""

import domain.admissions.plan_kind
import domain.moves.plan_kind
import domain.plans.bed_kind
import domain.rosters.care_kind
import domain.rosters.plan_kind
import domain.scenarios.kind
import domain.transfers.plan_kind  # noqa: F401 - registers itself
