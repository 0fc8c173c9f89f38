"""Refuses a read for which the policy wants a purpose of use and none, or another, was stated."""

from app.drafts import Operation
from app.wiring import App
from kit.errors import Denied
from kit.work import Actor


def require_purpose(app: App, actor: Actor, action: str, operation: Operation) -> None:
    """Raise Denied with the purposes that are allowed; the refusal is on record first."""
    allowed = app.decisions.purposes(actor, action)
    if not allowed or (actor.purpose_stated and actor.purpose in allowed):
        return
    why = Denied(
        f"state for what you use this, one of {' '.join(sorted(allowed))}:"
        " header Purpose-Of-Use, or extensions.purposeOfUse",
        reason="PURPOSE_REQUIRED", field="purposeOfUse", allowed=tuple(sorted(allowed)),
    )  # fmt: skip
    app.pipeline.record(app.drafts.turned_away(app.clock(), actor, action, operation, why))
    raise why
