"""Ask what would be between hospitals: changes on a frozen copy of the network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.places.model import CareLevel, Hospital
from domain.plans.asking import ask
from domain.plans.model import Proposal
from domain.scenarios.commands import MOST_CHANGES
from domain.scenarios.kind import TRANSFER_SCENARIO
from domain.scenarios.solving import BASELINE, SCENARIO
from domain.scenarios.transfer_solving import FORMAT
from domain.transfers.plan_problem import network_problem
from domain.transfers.planning import horizon_checked
from kit.canonical import canonical_json
from kit.command import Command
from kit.errors import Invalid, NotFound
from kit.work import NETWORK, Scope, Work
from solvers.transfer_canonical import to_canonical
from solvers.transfer_problem import TransferProblem
from solvers.transfer_scenarios import TransferChange, TransferChangeKind, changed

__all__ = ["NetworkChange", "RequestTransferScenario", "TransferChangeKind"]


@dataclass(frozen=True, kw_only=True)
class NetworkChange:
    """One change: HOSPITAL_CLOSED names a hospital, CAPACITY_LESS and BEDS_ADDED a hospital, a
    level of care and how many beds, CAPABILITY_LOST a hospital and its specialty or equipment,
    ARRIVALS_PLUS a percentage."""

    kind: TransferChangeKind
    at_hospital_id: UUID | None = None
    level: CareLevel | None = None
    capability: str | None = None
    beds: int | None = None
    percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class RequestTransferScenario(Command[Proposal]):
    """Ask what the transfer plan of the network, or of one hospital's patients, would be after
    some changes anywhere in the network, beside today's.

    Both are solved on frozen copies with the same limits. The answer can be looked at but never
    approved, and nothing that is changes. The same seed draws the same made-up arrivals.
    """

    action = "transfer_plan.request"
    network_changes: tuple[NetworkChange, ...]
    hospital_id: UUID | None = None
    horizon_days: int = 1
    time_limit_s: int = 30
    seed: int = 0

    def scope(self, work: Work) -> Scope:
        if self.hospital_id is None:
            return NETWORK
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Proposal:
        if not 1 <= len(self.network_changes) <= MOST_CHANGES:
            raise Invalid(f"give 1 to {MOST_CHANGES} changes", field="changes")
        days = horizon_checked(self.horizon_days)
        changes = [_in_solver_words(change, self.hospital_id) for change in self.network_changes]
        try:
            today = network_problem(work.session, self.hospital_id, work.now, days)
            _all_known(today, changes)
            after = changed(today, changes, self.seed)
        except ValueError as unfit:
            raise Invalid(f"no scenario can be made: {unfit}", field="changes",
                          reason="PROBLEM_UNFIT") from unfit  # fmt: skip
        problem = canonical_json({
            "format": FORMAT, BASELINE.lower(): to_canonical(today),
            SCENARIO.lower(): to_canonical(after),
        })  # fmt: skip
        return ask(
            work, TRANSFER_SCENARIO, hospital_id=self.hospital_id, problem=problem,
            digest=sha256(problem).hexdigest(), rules=today.rules.version,
            time_limit_s=self.time_limit_s, seed=self.seed,
            scenario={"changes": [_plain(change) for change in changes]},
        )  # fmt: skip


def _in_solver_words(change: NetworkChange, hospital_id: UUID | None) -> TransferChange:
    """A plan of one hospital's patients does not ask where another one's would go."""
    at = change.at_hospital_id
    return TransferChange(
        kind=change.kind,
        hospital=None if at is None else str(at),
        displaces=hospital_id in (None, at),
        level=None if change.level is None else change.level.value,
        capability=change.capability,
        beds=change.beds or 0,
        percent=change.percent or 0,
    )


def _all_known(problem: TransferProblem, changes: Sequence[TransferChange]) -> None:
    hospitals = {hospital.key for hospital in problem.hospitals}
    for change in changes:
        if change.hospital is not None and change.hospital not in hospitals:
            raise NotFound.of("hospital", change.hospital)


def _plain(change: TransferChange) -> dict[str, Any]:
    """What the change says, without what it leaves open."""
    said = asdict(change)
    return {name: value for name, value in said.items() if value and name != "displaces"}
