"""Ask for a chain of moves."""

from dataclasses import dataclass
from uuid import UUID

from domain.beds.model import BedRequest
from domain.moves.plan_kind import MOVES
from domain.moves.problem import frozen_chain
from domain.plans.asking import ask
from domain.plans.model import Proposal
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work
from solvers.move_chains import MOST_MOVES


@dataclass(frozen=True, kw_only=True)
class RequestMoveChain(Command[Proposal]):
    """Ask who would have to move where so that a request gets a suitable bed.

    The answer is a plan of at most `most_moves` moves in order, then a hold; once approved it is
    carried out step by step, and a step that no longer fits stops the rest.
    """

    action = "plan.request"
    request_id: UUID
    most_moves: int = MOST_MOVES
    time_limit_s: int = 20

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(BedRequest, self.request_id).hospital_id)

    def apply(self, work: Work) -> Proposal:
        if not 0 <= self.most_moves <= MOST_MOVES:
            raise Invalid(f"a chain has 0 to {MOST_MOVES} moves", field="mostMoves")
        request = work.get(BedRequest, self.request_id)
        problem, digest, rules = frozen_chain(work, request, self.most_moves)
        return ask(work, MOVES, hospital_id=request.hospital_id, problem=problem, digest=digest,
                   rules=rules, time_limit_s=self.time_limit_s)  # fmt: skip
