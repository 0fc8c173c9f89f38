"""The answer to a message: AA, AE or AR with a reason, or CA, CE, CR where only those are asked."""

import re
from dataclasses import dataclass
from datetime import datetime

from domain.inbound.model import InboundMessage, InboundState
from gateways.hl7_reading import Message
from kit.errors import Refusal
from kit.ids import new_id

AA, AE, AR = "AA", "AE", "AR"
WRONG_TYPE = ("UNSUPPORTED_MESSAGE", "UNSUPPORTED_TRIGGER", "MESSAGE_NOT_AGREED")
# HL7 table 0357, by our reasons; a reason that is not listed is 207, application error
CONDITIONS = {
    "NOT_HL7": "100",
    "NO_CONTROL_ID": "101",
    "NO_PID": "100",
    "NO_PV1": "100",
    "NO_NPU": "100",
    "NO_IDENTIFIER": "101",
    "NO_LOCATION": "101",
    "NO_BED_NAMED": "101",
    "NO_TIME": "101",
    "BAD_TIME": "102",
    "BAD_ENCODING": "102",
    "UNSUPPORTED_MESSAGE": "200",
    "MESSAGE_NOT_AGREED": "200",
    "UNSUPPORTED_TRIGGER": "201",
    "UNSUPPORTED_VERSION": "203",
    "VISIT_UNKNOWN": "204",
    "WARD_UNKNOWN": "204",
    "BED_UNKNOWN": "204",
    "DEVICE_UNKNOWN": "204",
    "METRIC_UNKNOWN": "103",
    "UNIT_UNKNOWN": "103",
}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\",
            "\r": " ", "\n": " "}  # fmt: skip
_ACCEPT = {AA: "CA", AE: "CE", AR: "CR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a message, as its sender is told."""

    code: str
    reason: str = ""
    text: str = ""
    field: str | None = None

    @classmethod
    def refused(cls, why: Refusal, code: str = AR) -> "Verdict":
        return cls(code=code, reason=why.reason, text=why.message, field=why.field)

    @classmethod
    def of(cls, message: InboundMessage, parked: str) -> "Verdict":
        """`parked`: how a message is answered that is kept and waits."""
        told = {
            "reason": message.reason or "", "text": message.reason_text or "",
            "field": message.reason_field,
        }  # fmt: skip
        if message.state == InboundState.REJECTED or message.reason in WRONG_TYPE:
            return cls(code=AR, **told)  # type: ignore[arg-type]  # all of them are texts
        if message.state == InboundState.PARKED:
            return cls(code=parked, **told)  # type: ignore[arg-type]
        return cls(code=AA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the answer repeats of the message's header, and which answers its sender wants."""

    application: str = ""
    facility: str = ""
    control_id: str = ""
    trigger: str = ""
    processing: str = "P"
    version: str = ""
    accept: str = ""  # MSH-15
    final: str = ""  # MSH-16
    codec: str = "utf-8"

    @classmethod
    def by(cls, message: Message) -> "Asked":
        msh = message.segments[0]
        return cls(
            application=msh.text(3), facility=msh.text(4), control_id=msh.text(10),
            trigger=msh.text(9, 2), processing=msh.text(11) or "P", version=msh.text(12),
            accept=msh.text(15).upper(), final=msh.text(16).upper(), codec=message.marks.codec,
        )  # fmt: skip

    @classmethod
    def guessed(cls, body: bytes) -> "Asked":
        """As much as the header of an unreadable message tells: its sender shall know which."""
        line = body.lstrip(b"\xef\xbb\xbf\r\n ")[:1000].split(b"\r")[0].split(b"\n")[0]
        text = "".join(letter for letter in line.decode("latin-1") if letter.isprintable())
        fields = text.split(text[3]) if text[:3] == "MSH" and len(text) > 3 else []
        plain = [one if one.isascii() else "" for one in (*fields, *[""] * 12)]
        return cls(application=plain[2], facility=plain[3], control_id=plain[9])


_TRIGGER = re.compile(r"[A-Z][A-Z0-9]{2}")


def answer(asked: Asked, verdict: Verdict, *, facility: str, now: datetime) -> bytes | None:
    """The acknowledgement, or None where the sender wants none for this outcome.

    One answer a message: that of the application, and only if MSH-16 declines it
    that of acceptance, if MSH-15 asks for it.
    """
    code = verdict.code
    if not _wanted(asked.final or "AL", code):
        if not asked.accept or not _wanted(asked.accept, code):
            return None
        code = _ACCEPT[code]
    # A trigger has three characters; anything longer is somebody's text in the wrong place.
    kind = f"ACK^{asked.trigger}^ACK" if _TRIGGER.fullmatch(asked.trigger) else "ACK"
    segments = [
        f"MSH|^~\\&|WARDGRID|{_plain(facility)}|{_plain(asked.application)}"
        f"|{_plain(asked.facility)}|{now:%Y%m%d%H%M%S}+0000||{kind}|{new_id().hex[:20]}"
        f"|{_plain(asked.processing)}|{_plain(asked.version) or '2.5'}{_charset(asked.codec)}",
        f"MSA|{code}|{_plain(asked.control_id)}"
        + (f"|{_plain(verdict.reason)}" if verdict.reason else ""),
    ]
    if verdict.reason:
        segments.append(_error(verdict))
    return ("\r".join(segments) + "\r").encode(asked.codec, "replace")


def _wanted(rule: str, code: str) -> bool:
    """Table 0155: AL always, NE never, ER on errors, SU on success."""
    return {"NE": False, "ER": code != AA, "SU": code == AA}.get(rule, True)


def _error(verdict: Verdict) -> str:
    segment, _, position = (verdict.field or "").partition("-")
    where = f"{segment}^1^{position}" if position.isdigit() else _plain(segment)[:3]
    condition = CONDITIONS.get(verdict.reason, "207")
    severity = "W" if verdict.code == AA else "E"
    return (
        f"ERR||{where if segment.isupper() else ''}|{condition}^{_plain(verdict.reason)}^HL70357"
        f"|{severity}||||{_plain(verdict.text)}"
    )


def _charset(codec: str) -> str:
    names = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000", "latin-1": "8859/1"}
    return f"||||||{names[codec]}" if codec in names else ""


def _plain(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
