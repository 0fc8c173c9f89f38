"""Refusals as GraphQL sees them: `Problem` in the data, a coded error for the rest."""

from typing import Self

import strawberry
from graphql import GraphQLError

from api.messages import in_chinese
from api.sight import classified
from authz.classes import DataClass
from kit.errors import Refusal


@classified(DataClass.GENERAL)
@strawberry.type
class Problem:
    """Why a request was refused and what may be done.

    `code` and `reason` are stable; `message` is for people, in the language of the request.
    """

    code: str
    reason: str
    message: str
    retryable: bool
    field: str | None
    allowed: list[str]
    blocking: strawberry.ID | None

    @classmethod
    def of(cls, refusal: Refusal, language: str) -> Self:
        chinese = in_chinese(refusal) if language == "zh" else None
        return cls(
            code=refusal.code,
            reason=refusal.reason,
            message=chinese or refusal.message,
            retryable=refusal.retryable,
            field=refusal.field,
            allowed=list(refusal.allowed),
            blocking=strawberry.ID(str(refusal.blocking)) if refusal.blocking else None,
        )


def unauthenticated() -> GraphQLError:
    return GraphQLError(
        "log in, then send the access token in the Authorization header",
        extensions={"code": "UNAUTHENTICATED"},
    )


def refused(refusal: Refusal) -> GraphQLError:
    """A refused read, as a top-level error with the refusal's code."""
    told = {"code": refusal.code, "reason": refusal.reason, "field": refusal.field}
    choices = {"allowed": list(refusal.allowed)} if refusal.allowed else {}
    return GraphQLError(refusal.message, extensions={**told, **choices})
