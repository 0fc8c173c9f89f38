"""GET of AuditEvent: entries of the ledger, newest first, as the exports write them.

An entry that concerns several patients is as many events, `<entry>.<number>` each; a page may
end between two of one entry.
"""

from audit.search import Wanted, search
from authz.classes import DataClass
from gateways import balp
from gateways.fhir_check import Issue, NotFhir
from gateways.fhir_reading import Looking, Page, Resource


def entries(looking: Looking) -> Page:
    """A page of events, or the one asked for. Reading them is itself recorded."""
    one, behind = _place(looking, "_id"), _place(looking, "_page")
    begin = one or behind
    found = search(
        looking.session, looking.scopes, Wanted(action=looking.wanted.get("subtype")),
        before=begin[0] + 1 if begin else None,
        limit=1 if one else looking.count + 2,  # the first may have been told to its end
    )  # fmt: skip
    rows = [row for row in found if looking.sees(DataClass.AUDIT, row.place)]
    looking.fields.add("AuditEvent")
    if one:
        name = f"{one[0]}.{one[1]}"
        return Page([told for told in balp.events_of(looking.session, rows) if told["id"] == name])
    events = list(balp.events_of(looking.session, rows))
    if behind:
        events = [told for told in events if _behind(told, behind)]
    page = events[: looking.count]
    return Page(page, page[-1]["id"] if len(events) > len(page) else None)


def _behind(told: Resource, place: tuple[int, int]) -> bool:
    """Entries go down, the events of one go up."""
    entry, number = map(int, told["id"].split("."))
    return entry < place[0] or (entry == place[0] and number > place[1])


def _place(looking: Looking, name: str) -> tuple[int, int] | None:
    text = looking.wanted.get(name)
    if not text:
        return None
    entry, dot, number = text.partition(".")
    if not (dot and _small(entry) and _small(number)):
        raise NotFhir(Issue("value", name, "is no id of this server"))
    return int(entry), int(number)


def _small(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
