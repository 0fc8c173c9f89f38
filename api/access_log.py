"""Who saw or changed what of a patient, for those who answer to the patient. Reading it is itself
recorded, with the reason."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry

from api.connection import page_size
from api.ledger import cursor_number
from api.query import Reader, query
from api.sight import Sight, View, classified
from audit.search import Found, Wanted, search
from authz.classes import DataClass
from domain.patients.queries import subjects_of
from domain.privacy.reasons import AccessReason
from kit.errors import NotFound

FIELD = "Patient.access_log"
strawberry.enum(AccessReason)


@classified(DataClass.AUDIT)
@strawberry.type(name="PatientAccess")
class PatientAccessView(View):
    """One operation that showed or changed something of the patient.

    `fields`: personal fields that were shown. `changed`: table and field of what was changed;
    never a value.
    """

    id: strawberry.ID
    at: datetime
    actor_id: strawberry.ID
    role: str
    action: str
    outcome: str
    purpose: str
    operation: str
    scope: str
    fields: list[str]
    changed: list[str]

    @classmethod
    def of(cls, row: Found, sight: Sight) -> Self:
        body: dict[str, Any] = orjson.loads(row.body)
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            at=row.at,
            actor_id=strawberry.ID(str(row.actor_id)),
            role=body["actor"]["role"],
            action=row.action,
            outcome=row.outcome,
            purpose=body["purpose"],
            operation=body["op"]["name"],
            scope=row.scope,
            fields=body["fields"],
            changed=[
                f"{change['table']}.{name}"
                for change in body["change"]
                for name, *_ in change["fields"]
            ],
        )


@classified(DataClass.AUDIT)
@strawberry.type
class AccessLog:
    """Accesses, the newest first. `before` of the next page is `endCursor` of this one."""

    nodes: list[PatientAccessView]
    end_cursor: str | None
    has_next_page: bool


@strawberry.type
class AccessLogQueries:
    @query("access_log.read")
    def access_log(
        self,
        reader: Reader,
        patient_id: UUID,
        reason: AccessReason,
        first: int,
        before: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AccessLog:
        """Who saw or changed what of a patient, of records merged into it too. The reason goes on
        record beside the one who asks."""
        subjects = subjects_of(reader.session, reader.scopes, patient_id)
        if not subjects:
            raise NotFound.of("patient", patient_id)
        size = page_size(first)
        rows = search(
            reader.session, reader.scopes,
            Wanted(subjects=subjects, since=since, until=until),
            before=cursor_number(before), limit=size + 1,
        )  # fmt: skip
        reader.context.disclosures.shown |= {(subject, FIELD) for subject in subjects}
        reader.context.notes["reason"] = reason.value
        shown = [PatientAccessView.of(row, reader.sight(row.place)) for row in rows[:size]]
        return AccessLog(
            nodes=shown,
            end_cursor=str(rows[len(shown) - 1].id) if shown else None,
            has_next_page=len(rows) > size,
        )
