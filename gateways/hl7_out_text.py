"""A planned message → HL7 v2.5 in UTF-8, equal at every attempt; and what an answer to it says."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from domain.outbound.facts import Facts, Place
from domain.outbound.sending import Letter
from gateways.mllp_peers import Send

STRUCTURES = {"A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A11": "ADT_A09",
              "A12": "ADT_A12", "A13": "ADT_A01", "A17": "ADT_A17", "A20": "ADT_A20"}  # fmt: skip
CLASSES = {"INPATIENT": "I", "EMERGENCY": "E", "OUTPATIENT": "O", "PREADMIT": "P",
           "OBSTETRICS": "B", "RECURRING": "R", "OTHER": "N"}  # fmt: skip  # table 0004
NUMBER_KINDS = {"MRN": "MR", "NATIONAL": "NI"}  # table 0203
DIED = "20"  # table 0112: expired
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,30}")
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\",
            "\r": " ", "\n": " "}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """The peer's answer: its code, and as much of its reason as is a code."""

    code: str
    reason: str

    @property
    def accepted(self) -> bool:
        return self.code in ("AA", "CA")


def letter_text(letter: Letter, send: Send, facility: str) -> bytes:
    """The whole message. Nothing in it depends on when it is sent."""
    kind = f"ADT^{letter.trigger}^{STRUCTURES[letter.trigger]}"
    segments = [
        f"MSH|^~\\&|WARDGRID|{_plain(facility)}|{_plain(send.application)}"
        f"|{_plain(send.facility)}|{_time(letter.planned_at)}||{kind}|{letter.control_id}|P|2.5"
        "||||||UNICODE UTF-8",
        f"EVN|{letter.trigger}|{_time(letter.planned_at)}||||{_time(letter.happened_at)}",
    ]
    if letter.facts is None:
        segments.append(f"NPU|{_place(letter.place)}|{letter.word}")
    else:
        for facts in filter(None, (letter.facts, letter.other)):
            segments += [_pid(facts, facility), _pv1(facts, letter.trigger)]
    return ("\r".join(segments) + "\r").encode()


def receipt(answer: bytes, control_id: str) -> Receipt | None:
    """What the peer answered to this message; None for an answer to another, or for none at all."""
    lines = re.split(r"[\r\n]+", answer.decode("utf-8", "replace"))
    if not lines[0].startswith("MSH") or len(lines[0]) < 4:
        return None
    mark = lines[0][3]
    segments = [line.split(mark) for line in lines]
    msa = next((one for one in segments if one[0] == "MSA" and len(one) > 2), None)
    if msa is None or msa[2].strip() != control_id:
        return None
    code = msa[1].strip().upper()
    if code not in ("AA", "AE", "AR", "CA", "CE", "CR"):
        return None
    return Receipt(code, "_".join(filter(None, (code, _reason(segments, msa)))))


def _reason(segments: list[list[str]], msa: list[str]) -> str:
    """ERR-3, else MSA-3, where it is a code: a sentence of a peer may name somebody."""
    err = next((one for one in segments if one[0] == "ERR"), [])
    parts = err[3].split("^")[:2] if len(err) > 3 else []
    codes = [part for part in (*parts[::-1], msa[3] if len(msa) > 3 else "") if part]
    return next((code for code in codes if _CODE.fullmatch(code)), "")


def _pid(facts: Facts, facility: str) -> str:
    numbers = "~".join(
        f"{_plain(value)}^^^{_plain(facility if system in NUMBER_KINDS else system)}"
        f"^{NUMBER_KINDS.get(system, 'PI')}"
        for system, value in facts.numbers
    )
    family_zh, given_zh, family_en, given_en = map(_plain, facts.names)
    names = [
        f"{family}^{given}^^^^^L^{script}"
        for family, given, script in ((family_zh, given_zh, "I"), (family_en, given_en, "A"))
        if family or given
    ]
    return f"PID|1||{numbers}||{'~'.join(names)}||{_day(facts.born)}|{facts.sex}"


def _pv1(facts: Facts, trigger: str) -> str:
    fields = [""] * 46
    fields[1] = "1"
    fields[2] = CLASSES.get(facts.encounter_class, "N")
    fields[3] = _place(facts.at)
    fields[6] = _place(facts.was) if facts.was and trigger in ("A02", "A17") else ""
    fields[19] = _plain(facts.visit)
    fields[36] = DIED if facts.died and trigger == "A03" else ""
    fields[44] = _time(facts.admitted_at)
    fields[45] = _time(facts.left_at) if trigger == "A03" else ""
    return "|".join(["PV1", *fields[1:]]).rstrip("|")


def _place(place: Place) -> str:
    return "^".join(map(_plain, (place.ward, place.room, place.bed))).rstrip("^")


def _time(at: datetime | None) -> str:
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 100:04d}+0000" if at else ""


def _day(born: date | None) -> str:
    return f"{born:%Y%m%d}" if born else ""


def _plain(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
