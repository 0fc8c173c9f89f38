"""For what somebody reads or acts: codes of HL7 v3 PurposeOfUse, and those a caller may state.

Source: HL7 v3 code system ActReason, value set PurposeOfUse (2.16.840.1.113883.1.11.20448).
"""

from enum import StrEnum


class PurposeOfUse(StrEnum):
    TREAT = "TREAT"  # treatment
    CAREMGT = "CAREMGT"  # care management
    HOPERAT = "HOPERAT"  # running the hospital
    HQUALIMP = "HQUALIMP"  # improving quality
    HCOMPL = "HCOMPL"  # compliance
    HLEGAL = "HLEGAL"  # legal
    HPAYMT = "HPAYMT"  # payment
    HRESCH = "HRESCH"  # research
    HSYSADMIN = "HSYSADMIN"  # running the system
    PATRQT = "PATRQT"  # the patient asked
    FAMRQT = "FAMRQT"  # the family asked
    PUBHLTH = "PUBHLTH"  # public health
    ETREAT = "ETREAT"  # emergency treatment: only break-glass says so, never a caller


STATED: tuple[str, ...] = tuple(one for one in PurposeOfUse if one != PurposeOfUse.ETREAT)
