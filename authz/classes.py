"""The classes of data that fields belong to and rights are given for."""

from enum import StrEnum


class DataClass(StrEnum):
    """One letter per class; the right to see one is the action `see.<letter>`."""

    CAPACITY = "K"  # aggregate counts
    BED = "B"  # state of beds
    PLACEMENT = "P"  # sex, age band, expected discharge; pseudonymous
    TRANSFER = "T"  # placement facts of a patient on the way between hospitals; pseudonymous
    ISOLATION = "O"  # the type only, never why
    INFECTION = "N"  # organism and detail
    INITIALS = "M"  # initials and the same-surname alert of a ward screen
    IDENTITY = "I"
    CLINICAL = "C"
    PROTECTED = "X"  # specially protected: sensitivity labels and what they cover
    ROSTER = "S"
    STAFF = "H"  # sensitive about staff
    AUDIT = "A"
    KEYS = "Z"
    ACCOUNTS = "U"  # accounts and configuration
    DEVICE = "D"  # devices, their state and place; no reading of a patient
    ALARM = "W"  # that there is an alarm: kind, severity, place, handling; no reading
    GENERAL = "G"  # names of places, codes, cursors: nothing about a person


# Whose showing is a disclosure with an entry of its own; placement facts are pseudonymous.
RECORDED = frozenset({
    DataClass.INFECTION, DataClass.INITIALS, DataClass.IDENTITY, DataClass.CLINICAL,
    DataClass.PROTECTED,
})  # fmt: skip


def seeing(shown: DataClass) -> str:
    """The action that shows a class of everyone in the scope."""
    return f"see.{shown.value}"


def seeing_assigned(shown: DataClass) -> str:
    """The action that shows a class of the actor's own patients only."""
    return f"see.{shown.value}.assigned"


def seeing_in_emergency(shown: DataClass) -> str:
    """The action that shows a class of the patients of a break-glass grant only."""
    return f"see.{shown.value}.emergency"
