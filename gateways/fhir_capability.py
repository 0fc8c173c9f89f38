"""What this FHIR server can do, as a CapabilityStatement."""

from functools import cache
from typing import Any

from gateways.fhir_sources import readable
from gateways.fhir_writing import TAKEN

Resource = dict[str, Any]

_SEARCH_TYPES = {"_id": "token", "identifier": "token", "status": "token", "subtype": "token",
                 "physical-type": "token", "code": "token", "date": "date", "patient": "reference",
                 "location": "reference", "partof": "reference",
                 "device": "reference"}  # fmt: skip
_SINCE = "2026-11-22"


@cache
def statement() -> Resource:
    """The same for everybody; what each account may do with it is decided at each request."""
    kinds = sorted({*TAKEN, *readable()})
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _SINCE,
        "kind": "instance",
        "software": {"name": "Wardgrid"},
        "implementation": {"description": "Beds, stays, devices and readings of one hospital"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [{
            "mode": "server",
            "security": {"description": "Bearer token of a service account; every disclosure of a"
                                        " patient's data is recorded"},
            "interaction": [{"code": "batch"}, {"code": "transaction"}],
            "resource": [_resource(kind) for kind in kinds],
        }],
    }  # fmt: skip


def _resource(kind: str) -> Resource:
    parameters = readable().get(kind)
    codes = ["read", "search-type"] if parameters is not None else []
    codes += ["create"] if kind in TAKEN else []
    found: Resource = {"type": kind, "interaction": [{"code": code} for code in codes]}
    if parameters is not None:
        found["searchParam"] = [
            {"name": name, "type": _SEARCH_TYPES[name]} for name in ("_id", *parameters)
        ]
    return found
