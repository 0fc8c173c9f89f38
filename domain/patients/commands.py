"""What can be done to patients and their encounters; beds' commands do the rest."""

from domain.patients.care import AssignCare, EndCare
from domain.patients.episodes import (
    MarkMedicallyReady,
    RegisterEncounter,
    SetExpectedDischarge,
    StatePlacementNeed,
    UpdateEncounter,
)
from domain.patients.identity import Identifier, Identity
from domain.patients.registration import (
    AddIdentifier,
    MergePatients,
    RegisterPatient,
    RetireIdentifier,
    UpdatePatient,
)

__all__ = [
    "AddIdentifier",
    "AssignCare",
    "EndCare",
    "Identifier",
    "Identity",
    "MarkMedicallyReady",
    "MergePatients",
    "RegisterEncounter",
    "RegisterPatient",
    "RetireIdentifier",
    "SetExpectedDischarge",
    "StatePlacementNeed",
    "UpdateEncounter",
    "UpdatePatient",
]
