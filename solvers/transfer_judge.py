"""Each placement under every rule: its terms, what it keeps, and what is waived for it."""

from collections.abc import Iterable, Sequence

import numpy as np

from solvers.transfer_city import City, Needs, Truth, Whole
from solvers.transfer_plan import Term
from solvers.transfer_problem import Patient
from solvers.transfer_rules import HOSPITAL_HARD, HOSPITAL_SOFT, UNIT_HARD, UNIT_SOFT, elsewhere
from solvers.transfer_ruleset import HARD_CODES
from solvers.transfer_table import WAIVABLE, remaining_terms

Judged = list[tuple[Term, ...]]


def terms_going(city: City, needs: Needs, who: Whole, unit: Whole) -> Judged:
    """The soft rules that patient `who[i]` (an index into `needs`) breaks in `unit[i]`."""
    weight, hospital = city.rules.weight, city.hospital_of[unit]
    tables = {code: soft(city, needs)[who, hospital] for code, soft in HOSPITAL_SOFT.items()}
    tables |= {code: soft(city, needs)[who, unit] for code, soft in UNIT_SOFT.items()}
    return _rows({code: weight.get(code, 0) * points for code, points in tables.items()})


def terms_remaining(city: City, needs: Needs) -> Judged:
    return _rows(remaining_terms(city, needs))


def broken(city: City, needs: Needs) -> dict[str, Truth]:
    """[patients × units] per hard rule: whether it stands in the way; waived ones do not."""
    tables = {}
    for code in HARD_CODES:
        if code in UNIT_HARD:
            tables[code] = ~UNIT_HARD[code](city, needs)
        else:
            against = ~HOSPITAL_HARD[code](city, needs)
            if code in WAIVABLE:
                against &= ~needs.overridden[:, None]
            tables[code] = against[:, city.hospital_of]
    return tables


def waived(city: City, patient: Patient, hospital: str) -> tuple[str, ...]:
    """Consent, where the patient refused and a named person overrode it."""
    needs = Needs(city, [patient])
    refused = (
        needs.no_consent & needs.overridden & elsewhere(city, needs)[:, city.site_of[hospital]]
    )
    return ("CONSENT",) if refused[0] else ()


def kept(patient: Patient, hospital: str, without: Iterable[str]) -> tuple[str, ...]:
    """The hard rules that ask something of this placement, all of which hold."""
    asks = {
        "ACCEPTING": hospital != patient.origin,
        "SPECIALTY": patient.specialty is not None,
        "EQUIPMENT": bool(patient.equipment),
        "CONSENT": hospital != patient.origin,
        "NOT_DECLINED": bool(patient.declined),
        "MUST_LEAVE": patient.lies_in is not None and not patient.may_stay,
        "LATEST_TIME": patient.latest_min is not None,
    }
    return tuple(code for code in HARD_CODES if asks.get(code, True) and code not in without)


def _rows(tables: dict[str, Whole]) -> Judged:
    columns: Sequence[tuple[str, list[int]]] = [(c, t.tolist()) for c, t in tables.items()]
    many = len(columns[0][1])
    return [tuple((code, row[i]) for code, row in columns if row[i]) for i in range(many)]


def counted(tables: dict[str, Truth], full: Truth) -> tuple[dict[str, Whole], dict[str, Whole]]:
    """For each patient and reason: the units it concerns, and those it concerns alone."""
    reasons = {code: against for code, against in tables.items()}
    free_of_rules = ~np.any(list(tables.values()), axis=0)
    reasons["GIVEN_TO_OTHERS"] = free_of_rules & full
    reasons["NOT_WORTH_IT"] = free_of_rules & ~full
    number = np.sum(list(reasons.values()), axis=0)
    forbids = {code: against.sum(axis=1) for code, against in reasons.items()}
    alone = {code: (against & (number == 1)).sum(axis=1) for code, against in reasons.items()}
    return forbids, alone
