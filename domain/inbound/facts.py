"""What a message says about a person, a visit and a place, freed from the message's format."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and who gave it. Equal numbers of different authorities are different people."""

    value: str
    authority: str = ""
    kind: str = ""  # HL7 table 0203: MR, PI, SS, NI, VN, AN …


@dataclass(frozen=True, slots=True)
class Name:
    """One way to write a person's name."""

    family: str
    given: str
    kind: str = ""  # HL7 table 0200: L legal, D display, A alias …
    script: str = ""  # HL7 table 0465: I ideographic, A alphabetic, P phonetic

    @property
    def ideographic(self) -> bool:
        """Written in Han characters, whether the sender said so or not."""
        return self.script == "I" or any(
            "\u3400" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff"
            for letter in self.family + self.given
        )


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as the sender knows them."""

    identifiers: tuple[Identifier, ...]
    names: tuple[Name, ...] = ()
    born: date | None = None
    sex: str = ""  # HL7 table 0001: F M O U A N
    address: str = ""
    phone: str = ""
    account: Identifier | None = None  # PID-18


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by the sender's codes. Any part may be missing."""

    ward: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""

    def __str__(self) -> str:
        return "/".join(part or "-" for part in (self.ward, self.room, self.bed))


@dataclass(frozen=True, slots=True)
class Visit:
    """One hospital episode as the sender knows it."""

    number: Identifier | None = None
    patient_class: str = ""  # HL7 table 0004: E I O P R B C N U
    at: Spot | None = None  # PV1-3
    was_at: Spot | None = None  # PV1-6
    pending: Spot | None = None  # PV1-42
    temporary: Spot | None = None  # PV1-11
    disposition: str = ""  # HL7 table 0112, PV1-36
    admitted_at: datetime | None = None
    left_at: datetime | None = None
    expected_admission: datetime | None = None
    expected_discharge: datetime | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """A person on a visit: the PID and PV1 of one group."""

    person: Person
    visit: Visit
