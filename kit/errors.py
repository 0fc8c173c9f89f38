"""Refusals a caller can act on.

    Refusal
    ├── Invalid       the request makes no sense (bad value, wrong state name)
    ├── NotFound      no such record, or none that this actor may know about
    ├── Denied        the actor may know about it, but may not do this
    ├── Conflict      the world changed, or something is in the way
    ├── ReadOnly      there is no room to write; reading goes on
    └── Infeasible    a solver proved that no plan meets the rules

Anything else that is raised is a fault: it is masked for clients and logged by its type.
"""

from typing import ClassVar
from uuid import UUID


class Refusal(Exception):
    """Base of every expected failure. The message is shown to the caller.

    `reason` is a stable code below `code` (`BED_TAKEN`), `field` the input at fault in camelCase,
    `allowed` what may be done or given instead, `blocking` the record that is in the way.
    A message names ids, codes and times, never a person.
    """

    code: ClassVar[str] = "REFUSED"
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        field: str | None = None,
        allowed: tuple[str, ...] = (),
        blocking: UUID | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.code
        self.field = field
        self.allowed = allowed
        self.blocking = blocking


class Invalid(Refusal):
    code = "INVALID"


class NotFound(Refusal):
    """Unknown and foreign records answer alike, so the message never says which."""

    code = "NOT_FOUND"

    @classmethod
    def of(cls, kind: str, key: object) -> "NotFound":
        return cls(f"no {kind} {key} that you may see")


class Denied(Refusal):
    code = "DENIED"


class Conflict(Refusal):
    code = "CONFLICT"


class Retry(Conflict):
    """Another change came first: read again, then try again."""

    retryable = True


class ReadOnly(Refusal):
    """The disk is full: nothing was done. Sent again later, it may be."""

    code = "READ_ONLY"
    retryable = True


class Infeasible(Refusal):
    code = "INFEASIBLE"
