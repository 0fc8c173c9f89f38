"""What the ledger says of the keys of people, against the keys that are there.

Every key is made and destroyed in a transaction whose entry names it, so a key that vanished or
came back without one is found, and so is one that was destroyed before anybody approved it.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from audit.report import Finding
from audit.subjects import SubjectKey

APPROVALS = ("privacy.shred", "privacy.replay")
TURNING = "key_rotation.turn"  # deletes an older key once nothing is sealed with it any more
_KEYS, _HOLDS, _PATIENTS = "subject_key", "legal_hold", "patient"


class KeyHistory:
    """`read` every entry in order, then ask for the `findings`."""

    def __init__(self) -> None:
        self.unread = 0  # pruned entries whose segment is not at hand
        self._made: dict[str, str] = {}  # key -> whose
        self._gone: dict[str, str] = {}
        self._shredded: set[str] = set()
        self._held: dict[str, str] = {}  # hold in force -> patient
        self._early: list[Finding] = []

    @property
    def redacted(self) -> int:
        """Keys that were destroyed with an approval on record."""
        return sum(subject in self._shredded for subject in self._gone.values())

    def read(self, entry: dict[str, Any], entry_id: int, index: int | None) -> None:
        """Take in a parsed entry."""
        if entry["outcome"] != "done":
            return
        if entry["action"] in APPROVALS:
            self._shredded.update(entry["subjects"])
        for change in entry["change"]:
            values = {name: (old, new) for name, old, new in change["fields"]}
            if change["table"] == _KEYS:
                self._key(change, values, (entry_id, index), entry["action"] == TURNING)
            elif change["table"] == _HOLDS:
                self._hold(change, values)
            elif change["table"] == _PATIENTS and entry["action"] == APPROVALS[0]:
                self._erased(change["id"], entry_id, index)

    def findings(self, connection: Connection) -> Iterator[Finding]:
        """What is there and should not be, and the other way round."""
        yield from self._early
        rows = connection.execute(select(col(SubjectKey.id))).scalars()
        there = {str(key if isinstance(key, UUID) else UUID(hex=key)) for key in rows}
        for key in sorted(self._made.keys() - there):
            yield Finding("key-lost", f"the key {key} was destroyed without a record")
        for key in sorted(self._gone.keys() & there):
            yield Finding("key-returned", f"the key {key} was destroyed, and is there again")
        unknown = sorted(there - self._made.keys() - self._gone.keys())
        if unknown and self.unread:
            text = (
                f"{len(unknown)} keys may have been made in {self.unread} entries that are pruned"
            )
            yield Finding("untraced", text, fails=False)
            return
        for key in unknown:
            yield Finding("key-unknown", f"no entry says that the key {key} was made")

    def _key(self, change: Any, values: Any, at: tuple[int, int | None], turned: bool) -> None:
        key = change["id"]
        if change["op"] == "insert":
            if key not in self._gone:  # pruned entries are read before those that stayed
                self._made[key] = values["subject"][1]
        elif change["op"] == "delete":
            subject = self._made.pop(key, values.get("subject", ("", None))[0])
            self._gone[key] = subject
            if not turned and subject not in self._shredded:
                text = f"entry {at[0]}: the key {key} was destroyed before it was approved"
                self._early.append(Finding("key-unapproved", text, at[1]))

    def _hold(self, change: Any, values: Any) -> None:
        if change["op"] == "insert" and values.get("patient_id"):
            self._held[change["id"]] = values["patient_id"][1]
        elif values.get("lifted_at", (None, None))[1] is not None:
            self._held.pop(change["id"], None)

    def _erased(self, patient: str, entry_id: int, index: int | None) -> None:
        if patient in self._held.values():
            text = f"entry {entry_id}: patient {patient} was erased under a legal hold"
            self._early.append(Finding("held", text, index))
