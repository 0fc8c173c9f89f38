"""Is this JSON a FHIR R4 resource? Every fault is told with the path to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from gateways.fhir_shapes import BACKBONES, CODES, PRIMITIVES, RESOURCES, TYPES

MOST_ISSUES = 20  # then the sender has enough to do
DEEPEST = 24
MOST_DIGITS = 18  # of a decimal: what FHIR asks every system to keep

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_MONTH, _DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_PATTERNS = {
    name: re.compile(pattern)
    for name, pattern in {
        "id": r"[A-Za-z0-9\-.]{1,64}",
        "code": r"[^\s]+( [^\s]+)*",
        "date": rf"{_YEAR}(-{_MONTH}(-{_DAY})?)?",
        "dateTime": rf"{_YEAR}(-{_MONTH}(-{_DAY}(T{_CLOCK}{_ZONE})?)?)?",
        "instant": rf"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}",
        "time": _CLOCK,
        "uri": r"\S*",
        "url": r"\S*",
        "canonical": r"\S*",
        "oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
        "uuid": r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
    }.items()
}
_LEAST = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault: `code` of FHIR's issue-type list, a path, and what is wrong with it."""

    code: str
    path: str
    text: str
    severity: str = "error"


class NotFhir(Exception):
    """Refused, with everything that was found."""

    def __init__(self, *issues: Issue, status: int = 400) -> None:
        super().__init__(issues[0].code if issues else "")
        self.issues = issues
        self.status = status


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; decimals keep their digits. Raises NotFhir."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_float=Decimal, object_pairs_hook=_once,
            parse_constant=_no_number,
        )  # fmt: skip
    except (ValueError, RecursionError):
        raise NotFhir(Issue("structure", "", "the body is no JSON in UTF-8, or a name in it stands"
                                             " twice in one object")) from None  # fmt: skip
    if not isinstance(value, dict):
        raise NotFhir(Issue("structure", "", "the body must be one JSON object"))
    return value


def require_valid(resource: dict[str, Any], *taken: str) -> str:
    """The resource's type, if it is one of `taken` and sound. Raises NotFhir."""
    kind = resource.get("resourceType")
    if kind not in taken:
        raise NotFhir(Issue("not-supported", "resourceType",
                            f"send one of {', '.join(taken)}"), status=422)  # fmt: skip
    issues = faults(resource, str(kind))
    if issues:
        raise NotFhir(*issues)
    return str(kind)


def faults(resource: dict[str, Any], kind: str) -> list[Issue]:
    """What is wrong with the resource: the first `MOST_ISSUES` faults."""
    found = []
    for issue in _object(resource, kind, kind, 0):
        found.append(issue)
        if len(found) == MOST_ISSUES:
            break
    return found


def _object(value: Any, kind: str, path: str, depth: int) -> Iterator[Issue]:
    if not isinstance(value, dict):
        yield Issue("structure", path, f"must be an object ({kind})")
        return
    if depth > DEEPEST:
        yield Issue("too-costly", path, f"nested deeper than {DEEPEST}")
        return
    if not value:
        yield Issue("structure", path, "an object must not be empty")
    shape = _shape(kind)
    for name, item in value.items():
        yield from _element(name, item, shape, kind, f"{path}.{name}", depth)
    for one in _missing(value, kind):
        yield Issue("required", f"{path}.{one}", "is required")


def _element(
    name: str, item: Any, shape: "dict[str, _Element]", kind: str, path: str, depth: int
) -> Iterator[Issue]:
    if name == "resourceType" and kind in RESOURCES:
        return
    if name == "modifierExtension" and (kind in RESOURCES or kind in BACKBONES):
        yield Issue("extension", path, "changes the meaning in a way that is not known here")
        return
    if name.startswith("_") and name[1:] in shape:
        yield from _shadow(item, shape[name[1:]], path)
        return
    if name in ("extension", "fhir_comments"):
        return  # anyone may add; nothing here depends on it
    element = shape.get(name)
    if element is None:
        yield Issue("structure", path, f"{kind} has no such element")
    else:
        yield from _counted(item, element, path, depth)


def _counted(item: Any, element: "_Element", path: str, depth: int) -> Iterator[Issue]:
    if not element.many:
        yield from _value(item, element, path, depth)
    elif not isinstance(item, list) or not item:
        yield Issue("structure", path, "must be a list of at least one")
    else:
        for number, one in enumerate(item):
            yield from _value(one, element, f"{path}[{number}]", depth)


def _value(item: Any, element: "_Element", path: str, depth: int) -> Iterator[Issue]:
    kind = element.kind
    if kind == "Any":
        return
    if kind in ("Resource", "Entry"):
        yield from _nested(item, path, depth, alone=kind == "Entry")
    elif kind not in PRIMITIVES:
        yield from _object(item, kind, path, depth + 1)
    elif (problem := _primitive(item, kind)) is not None:
        yield Issue("value", path, problem)
    elif element.codes and item not in CODES[element.codes]:
        yield Issue("code-invalid", path, f"one of {', '.join(sorted(CODES[element.codes]))}")


def _nested(item: Any, path: str, depth: int, *, alone: bool) -> Iterator[Issue]:
    """`alone`: an entry of a Bundle is checked for itself, so that a batch can do the others."""
    if not isinstance(item, dict) or not isinstance(item.get("resourceType"), str):
        yield Issue("structure", path, "must be a resource with its resourceType")
    elif not alone and item["resourceType"] in RESOURCES:
        yield from _object(item, item["resourceType"], path, depth + 1)


def _shadow(item: Any, element: "_Element", path: str) -> Iterator[Issue]:
    """`_name` carries ids and extensions of a primitive, and of nothing else."""
    if element.kind not in PRIMITIVES:
        yield Issue("structure", path, f"{element.kind} is no primitive")
    ones = item if isinstance(item, list) else [item]
    for one in ones:
        if one is not None and not (isinstance(one, dict) and set(one) <= {"id", "extension"}):
            yield Issue("structure", path, "holds nothing but id and extension")
            return


def _primitive(item: Any, kind: str) -> str | None:
    if kind == "boolean":
        return None if isinstance(item, bool) else "must be true or false"
    if kind in ("integer", "unsignedInt", "positiveInt"):
        whole = isinstance(item, int) and not isinstance(item, bool)
        return None if whole and _LEAST[kind] <= item < 2**31 else f"must be a number ({kind})"
    if kind == "decimal":
        return _decimal(item)
    if not isinstance(item, str) or not item.strip():
        return f"must be a text that is not empty ({kind})"
    pattern = _PATTERNS.get(kind)
    return None if pattern is None or pattern.fullmatch(item) else f"is no {kind}"


def _decimal(item: Any) -> str | None:
    if isinstance(item, bool) or not isinstance(item, int | Decimal):
        return "must be a number (decimal)"
    digits = len(Decimal(item).as_tuple().digits)
    return None if digits <= MOST_DIGITS else f"has {digits} digits; at most {MOST_DIGITS} are kept"


def _missing(value: dict[str, Any], kind: str) -> Iterator[str]:
    for name, element in _shape(kind).items():
        if element.least and name not in value and f"_{name}" not in value:
            yield name
    for choice in _choices(kind):
        given = [name for name in choice if name in value]
        if len(given) > 1:
            yield f"{given[1]} beside {given[0]}: only one"


@dataclass(frozen=True, slots=True)
class _Element:
    kind: str
    least: int = 0
    many: bool = False
    codes: str = ""


@cache
def _shape(kind: str) -> dict[str, _Element]:
    shape = {"id": _Element("string")}  # of any element; a resource's own is stricter, below
    for name, text in TYPES[kind].items():
        counts, _, kinds = text.partition(" ")
        for one in kinds.split("|"):
            bare, _, codes = one.partition("{")
            spelt = name.replace("[x]", bare[0].upper() + bare[1:])
            shape[spelt] = _Element(bare, 0 if "[x]" in name else int(counts[0]),
                                    counts.endswith("*"), codes.rstrip("}"))  # fmt: skip
    return shape


@cache
def _choices(kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(name.replace("[x]", one[0].upper() + one[1:])
              for one in text.partition(" ")[2].split("|"))
        for name, text in TYPES[kind].items()
        if "[x]" in name
    )  # fmt: skip


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _no_number(_word: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")
