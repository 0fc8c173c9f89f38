"""What goes back to a FHIR client: resources, bundles, and OperationOutcome for every error."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.exchange import Answered
from gateways.fhir_check import Issue, NotFhir
from kit.errors import Conflict, Denied, Infeasible, Invalid, NotFound, ReadOnly, Refusal

MEDIA_TYPE = "application/fhir+json; charset=utf-8"
MEDIA_TYPES = ("application/fhir+json", "application/json", "text/json")
_STATUS: dict[type[Refusal], tuple[int, str]] = {
    NotFound: (404, "not-found"),
    Denied: (403, "forbidden"),
    Invalid: (422, "business-rule"),
    Conflict: (409, "conflict"),
    Infeasible: (409, "conflict"),
    ReadOnly: (503, "no-store"),
}
_ISSUE_OF_STATUS = {401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported",
                    406: "not-supported", 408: "timeout", 413: "too-long",
                    415: "not-supported", 500: "exception", 503: "throttled"}  # fmt: skip

Resource = dict[str, Any]


def answered(status: int, resource: Resource, headers: Mapping[str, str] | None = None) -> Answered:
    """A resource on its way out."""
    return Answered(status=status, body=to_json(resource), media_type=MEDIA_TYPE,
                    headers=tuple((headers or {}).items()))  # fmt: skip


def outcome(issues: Iterable[Issue]) -> Resource:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(one) for one in issues]}


def of_fault(fault: NotFhir, within: str = "") -> Answered:
    """A request that is no FHIR, or none that we take."""
    return answered(fault.status, outcome(_within(one, within) for one in fault.issues))


def of_refusal(why: Refusal, path: str = "") -> Answered:
    """A request that was understood and refused: the reason's code stands in `details`."""
    status, _ = status_of(why)
    return answered(status, outcome([issue_of(why, path)]))


def status_of(why: Refusal) -> tuple[int, str]:
    """HTTP status and issue type of a refusal."""
    return next((known for kind, known in _STATUS.items() if isinstance(why, kind)),
                (422, "processing"))  # fmt: skip


def issue_of(why: Refusal, path: str = "", severity: str = "error") -> Issue:
    """A refusal as an issue. Its sentence names ids and codes, never a person."""
    named = ".".join(part for part in (path, why.field or "") if part)
    return Issue(status_of(why)[1], named, f"{why.reason}: {why.message}", severity)


def refused(status: int, _code: str, sentence: str) -> Answered:
    """What the web server itself turns away."""
    issue = Issue(_ISSUE_OF_STATUS.get(status, "processing"), "", sentence)
    return answered(status, outcome([issue]))


def searchset(
    found: Sequence[Resource], self_link: str, next_link: str | None, mode: str = "match"
) -> Resource:
    """One page of a search."""
    links = [{"relation": "self", "url": self_link}]
    if next_link is not None:
        links.append({"relation": "next", "url": next_link})
    entries = [
        {"fullUrl": f"urn:uuid:{one['id']}", "resource": one, "search": {"mode": mode}}
        if _is_uuid(one["id"])
        else {"resource": one, "search": {"mode": mode}}
        for one in found
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return bundle | ({"entry": entries} if entries else {})


def to_json(resource: Resource) -> bytes:
    """UTF-8, as it is: names in Han characters stay readable."""
    return json.dumps(resource, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)


def _issue(issue: Issue) -> Resource:
    told: Resource = {"severity": issue.severity, "code": issue.code, "diagnostics": issue.text}
    return told | ({"expression": [issue.path]} if issue.path else {})


def _within(issue: Issue, prefix: str) -> Issue:
    path = ".".join(part for part in (prefix, issue.path) if part)
    return Issue(issue.code, path, issue.text, issue.severity)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
