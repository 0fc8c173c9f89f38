"""What can be done to patients and their encounters; beds' commands do the rest."""

from domain.patients.episodes import (
    AssignCare,
    EndCare,
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
