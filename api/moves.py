"""Chains of moves in GraphQL: asked for here, decided like every other plan."""

from uuid import UUID

import strawberry

from api.mutation import mutation
from api.plan_views import PlanView
from domain.moves.commands import RequestMoveChain


@strawberry.type
class MoveMutations:
    @mutation(returns=PlanView)
    def request_move_chain(
        self, request_id: UUID, most_moves: int = 5, time_limit_s: int = 20
    ) -> RequestMoveChain:
        return RequestMoveChain(
            request_id=request_id, most_moves=most_moves, time_limit_s=time_limit_s
        )
