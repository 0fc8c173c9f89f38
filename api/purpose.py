"""The purpose of use that a caller states: a header, or `extensions.purposeOfUse`."""

from dataclasses import replace

from api.negotiation import HttpProblem
from kit.purpose import STATED
from kit.work import Actor

HEADER = "purpose-of-use"
EXTENSION = "purposeOfUse"


def stating(actor: Actor, *given: str | None) -> Actor:
    """The actor with the purpose that was stated, if one was; it may be said twice, but alike.

    Raises 400 for a code that is not on the list; the text itself is not echoed.
    """
    codes = {code for code in given if code}
    if not codes:
        return actor
    if len(codes) > 1:
        raise HttpProblem(400, "PURPOSE_UNKNOWN", "header and extension state two purposes")
    code = codes.pop()
    if code not in STATED:
        raise HttpProblem(400, "PURPOSE_UNKNOWN", f"a purpose of use is one of {' '.join(STATED)}")
    return replace(actor, purpose=code, purpose_stated=True)
