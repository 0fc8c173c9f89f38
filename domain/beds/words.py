"""The closed words of beds: what states, kinds and reasons there are."""

from enum import StrEnum


class Service(StrEnum):
    OPEN = "OPEN"
    BLOCKED = "BLOCKED"
    CLOSED = "CLOSED"


class BlockKind(StrEnum):
    BLOCKED = "BLOCKED"
    CLOSED = "CLOSED"


class BlockReason(StrEnum):
    REPAIR = "REPAIR"
    INFECTION = "INFECTION"
    STAFFING = "STAFFING"
    EQUIPMENT = "EQUIPMENT"
    BUILDING = "BUILDING"
    OTHER = "OTHER"


class Hygiene(StrEnum):
    CLEAN = "CLEAN"
    DIRTY = "DIRTY"
    CLEANING = "CLEANING"
    SUSPENDED = "SUSPENDED"
    CONTAMINATED = "CONTAMINATED"


class RequestState(StrEnum):
    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    PROPOSED = "PROPOSED"
    HELD = "HELD"
    IN_TRANSIT = "IN_TRANSIT"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class HoldKind(StrEnum):
    EMPTY = "EMPTY"
    PENDING_DISCHARGE = "PENDING_DISCHARGE"


class HoldState(StrEnum):
    ACTIVE = "ACTIVE"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class StayBegin(StrEnum):
    ADMIT = "ADMIT"
    MOVE = "MOVE"
    SWAP = "SWAP"
    RESTORE = "RESTORE"


class StayEnd(StrEnum):
    MOVE = "MOVE"
    SWAP = "SWAP"
    DEPARTURE = "DEPARTURE"
    CANCEL = "CANCEL"


class CleaningKind(StrEnum):
    ROUTINE = "ROUTINE"
    DISCHARGE = "DISCHARGE"
    ISOLATION = "ISOLATION"
    TERMINAL = "TERMINAL"


class CleaningPriority(StrEnum):
    NORMAL = "NORMAL"
    NEXT = "NEXT"
    STAT = "STAT"


class CleaningState(StrEnum):
    QUEUED = "QUEUED"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    SUSPENDED = "SUSPENDED"
    DONE = "DONE"
    INSPECTED = "INSPECTED"
    CANCELLED = "CANCELLED"


class WaivedRule(StrEnum):
    """The rules of placement that a named person may waive."""

    BED_STATE = "BED_STATE"
    ROOM_SEX = "ROOM_SEX"
    ROOM_ISOLATION = "ROOM_ISOLATION"
    STAFFED_CAPACITY = "STAFFED_CAPACITY"
