"""Reads the mail that says that a mail did not arrive (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from email.policy import compat32
from uuid import UUID

from kit.errors import Invalid

LARGEST = 100_000  # characters
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]{1,253}>")


@dataclass(frozen=True, slots=True)
class Bounce:
    delivery_id: UUID
    status: str  # RFC 3463, e.g. 5.1.1


def read_bounce(mail: str) -> Bounce:
    """Which delivery came back and why. Raises Invalid for a mail that does not say both."""
    if len(mail) > LARGEST:
        raise Invalid(f"at most {LARGEST} characters", field="mail", reason="NOT_A_BOUNCE")
    parts = list(message_from_string(mail, policy=compat32).walk())
    status = next(_failures(parts), None)
    delivery = next(_originals(parts), None)
    if status is None or delivery is None:
        raise Invalid(
            "give the whole bounce: a status that says failed, and the headers of our mail",
            field="mail", reason="NOT_A_BOUNCE",
        )  # fmt: skip
    return Bounce(delivery, status)


def _failures(parts: list[Message]) -> Iterator[str]:
    """Status codes of receivers for whom it failed; a delay is not a failure."""
    for part in parts:
        action, status = str(part.get("Action", "")), str(part.get("Status", ""))
        found = _STATUS.search(status)
        if action.strip().lower() == "failed" and found:
            yield found.group()


def _originals(parts: list[Message]) -> Iterator[UUID]:
    """Message-IDs of ours in the returned mail or its headers; the bounce's own is not one."""
    for part in parts[1:]:
        text = str(part.get("Message-ID", ""))
        if part.get_content_type() == "text/rfc822-headers":
            text += str(part.get_payload())
        for found in _OURS.finditer(text):
            yield UUID(found[1])
