"""Taking entries of the ledger out of the house. What is taken is on record before it leaves."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

MOST_ENTRIES = 100_000


class AuditFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    FHIR = "fhir"


@dataclass(frozen=True, kw_only=True)
class ExportAudit(Command[int]):
    """Take what a search of the ledger finds out of the house, up to a signed size of the log.

    `search` is the question in codes, ids and times; `entries` is how many it finds, and
    `patients` whom it asks for by a reason.
    """

    action = "ledger.export"
    privileged = True
    discloses = True
    serializable = False

    hospital_id: UUID | None = None
    ward_id: UUID | None = None
    audit_format: AuditFormat
    search: str
    entries: int
    size: int
    patients: frozenset[UUID] = frozenset()
    why: str = ""

    def scope(self, work: Work) -> Scope:
        return Scope(self.hospital_id, self.ward_id)

    def apply(self, work: Work) -> int:
        if self.entries > MOST_ENTRIES:
            raise Invalid(
                f"more than {MOST_ENTRIES:,} entries; export one shorter time after the other",
                field="until", reason="EXPORT_TOO_LARGE",
            )  # fmt: skip
        work.subjects |= self.patients
        work.note(format=self.audit_format.value, search=self.search or "everything",
                  entries=self.entries, size=self.size)  # fmt: skip
        if self.why:
            work.note(reason=self.why)
        return self.entries
