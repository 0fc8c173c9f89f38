"""Split messages → headers and events."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.inbound import events
from domain.inbound.events import AdtEvent, OfPatient
from domain.inbound.facts import Identifier, Name, Spot
from gateways.hl7_messages import event, header
from gateways.hl7_reading import read
from kit.errors import Invalid
from tests.gateways.messages import evn, message, pid, pv1

SHANGHAI = ZoneInfo("Asia/Shanghai")


def told(text: str) -> AdtEvent:
    return event(read(text.encode()), SHANGHAI)


def of_patient(text: str) -> OfPatient:
    got = told(text)
    assert isinstance(got, OfPatient)
    return got


def why_not(text: str) -> tuple[str, str | None]:
    with pytest.raises(Invalid) as refused:
        told(text)
    return refused.value.reason, refused.value.field


def test_msh_9_wins_over_evn_1() -> None:
    text = message("ADT^A02^ADT_A02", evn(trigger="A01"), pid(), pv1())
    assert header(read(text.encode())).kind == "ADT^A02"
    assert type(told(text)) is events.Moved


def test_evn_1_speaks_where_msh_9_names_no_trigger() -> None:
    assert type(told(message("ADT", evn(trigger="A03"), pid(), pv1()))) is events.Departed


def test_a_header_holds_the_sender_and_the_control_id() -> None:
    got = header(read(message("ADT^A01", control="C7").encode()))
    assert (got.source, got.control_id, got.kind) == ("HIS|GH", "C7", "ADT^A01")


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [
        ("A01", events.Admitted),
        ("A02", events.Moved),
        ("A03", events.Departed),
        ("A04", events.Arrived),
        ("A05", events.PreAdmitted),
        ("A06", events.BecameInpatient),
        ("A07", events.BecameOutpatient),
        ("A08", events.Updated),
        ("A09", events.WentAway),
        ("A10", events.CameBack),
        ("A11", events.AdmissionCancelled),
        ("A12", events.MoveCancelled),
        ("A13", events.DepartureCancelled),
        ("A14", events.AdmissionPending),
        ("A15", events.MovePending),
        ("A16", events.DeparturePending),
        ("A21", events.LeaveStarted),
        ("A22", events.LeaveEnded),
        ("A23", events.VisitDeleted),
        ("A25", events.DeparturePendingCancelled),
        ("A26", events.MovePendingCancelled),
        ("A27", events.AdmissionPendingCancelled),
        ("A38", events.PreAdmissionCancelled),
    ],
)
def test_each_trigger_is_an_event_of_its_own(trigger: str, kind: type[AdtEvent]) -> None:
    got = told(message(f"ADT^{trigger}", evn(), pid(), pv1()))
    assert (type(got), got.trigger) == (kind, trigger)


def test_a_patient_is_read_with_all_that_placement_needs() -> None:
    number = "PID|1||P1^^^GH^MR~110^^^PRC^NI||LI^NA^^^^^L^A~李^娜^^^^^L^I||19800102|f"
    text = message(
        "ADT^A01",
        evn(),
        number + "|||1 Long Road^^Beijing^^100000^CN^H||^PRN^PH^^86^10^5551234|||||ACC^^^GH^AN",
        "PV1|1|I|W1^R1^B1^GH|||W0^R9^B9|||||||||||||V1^^^GH^VN" + "|" * 25 + "202603010700",
        "PV2||||||||20260302|20260310",
    )
    patient = of_patient(text).patient
    assert patient.person.identifiers == (
        Identifier("P1", "GH", "MR"),
        Identifier("110", "PRC", "NI"),
    )
    assert patient.person.names == (Name("LI", "NA", "L", "A"), Name("李", "娜", "L", "I"))
    assert (str(patient.person.born), patient.person.sex) == ("1980-01-02", "F")
    assert patient.person.address == "1 Long Road, Beijing, 100000, CN"
    assert patient.person.phone == "86-10-5551234"
    assert patient.person.account == Identifier("ACC", "GH", "AN")
    visit = patient.visit
    assert (visit.number, visit.patient_class) == (Identifier("V1", "GH", "VN"), "I")
    assert (visit.at, visit.was_at) == (Spot("W1", "R1", "B1", "GH"), Spot("W0", "R9", "B9"))
    assert visit.admitted_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert visit.expected_admission == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert visit.expected_discharge == datetime(2026, 3, 9, 16, tzinfo=UTC)


def visit_times(admitted: str = "", left: str = "") -> str:
    return pv1() + "|" * 25 + f"{admitted}|{left}"


@pytest.mark.parametrize(
    ("kind", "segments", "at"),
    [
        ("ADT^A01", ["EVN||202601020000||||202601030000", visit_times("202601040000")], 3),
        ("ADT^A01", ["EVN||202601020000", visit_times("202601040000")], 4),
        ("ADT^A03", ["EVN||202601020000", visit_times("202601040000", "202601050000")], 5),
        ("ADT^A02", ["EVN||202601020000", visit_times("202601040000")], 2),
        ("ADT^A02", [pv1()], 1),
    ],
)
def test_an_event_happened_at_the_nearest_time_the_message_knows(
    kind: str, segments: list[str], at: int
) -> None:
    text = message(kind, pid(), *segments, sent="202601010000")
    assert told(text).at == datetime(2026, 1, at, tzinfo=SHANGHAI)


def test_a_message_that_cannot_be_understood_says_what_is_missing() -> None:
    assert why_not(message("ORU^R01", pid())) == ("UNSUPPORTED_MESSAGE", "MSH-9")
    assert why_not(message("ADT^A28", evn(), pid(), pv1())) == ("UNSUPPORTED_TRIGGER", "MSH-9")
    assert why_not(message("ADT^A01", evn(), pv1())) == ("NO_PID", "PID")
    assert why_not(message("ADT^A01", evn(), pid())) == ("NO_PV1", "PV1")
    assert why_not(message("ADT^A01", evn(), pid(""), pv1())) == ("NO_IDENTIFIER", "PID-3")
    assert why_not(message("ADT^A01", evn("20261399"), pid(), pv1())) == ("BAD_TIME", "EVN-6")
    assert why_not(message("ADT^A01", pid(), pv1(), sent="")) == ("NO_TIME", "EVN-6")
    assert why_not(message("ADT^A17", evn(), pid(), pv1())) == ("NOT_TWO_PATIENTS", "PID")
    assert why_not(message("ADT^A17", evn(), pid(), pid("P2"), pv1())) == ("NO_PV1", "PV1")
    assert why_not(message("ADT^A20", evn())) == ("NO_NPU", "NPU")
    assert why_not(message("ADT^A24", evn(), pid())) == ("NOT_TWO_PATIENTS", "PID")
    assert why_not(message("ADT^A40", evn(), pid())) == ("NO_MRG", "MRG-1")
    assert why_not(message("ADT^A40", evn(), pid(), "MRG|")) == ("NO_MRG", "MRG-1")


def test_a_swap_names_both_patients_with_their_new_places() -> None:
    two = (pid("P1"), pv1("W1^R1^B1"), "PV2|", pid("P2"), pv1("W1^R1^B2", visit="V2"))
    got = told(message("ADT^A17", evn(), *two))
    assert isinstance(got, events.BedsSwapped)
    assert [(one.person.identifiers[0].value, one.visit.at) for one in (got.first, got.second)] == [
        ("P1", Spot("W1", "R1", "B1")),
        ("P2", Spot("W1", "R1", "B2")),
    ]


def test_a_bed_report_names_the_bed_and_its_state() -> None:
    got = told(message("ADT^A20", evn(), "NPU|W1^R1^B1|h"))
    assert isinstance(got, events.BedReported)
    assert (got.spot, got.state) == (Spot("W1", "R1", "B1"), "H")


def test_a_merge_may_hold_several_pairs() -> None:
    pairs = (pid("P1"), "MRG|P7^^^GH^MR~P8^^^GH^MR", pid("P2"), "MRG|P9^^^GH^MR")
    got = told(message("ADT^A40", evn(), *pairs))
    assert isinstance(got, events.PatientsMerged)
    assert [
        (merger.stays.identifiers[0].value, [one.value for one in merger.goes])
        for merger in got.mergers
    ] == [("P1", ["P7", "P8"]), ("P2", ["P9"])]


def test_a_link_names_two_people() -> None:
    got = told(message("ADT^A24", evn(), pid("P1"), pid("P2")))
    assert isinstance(got, events.PatientsLinked)
    assert (got.first.identifiers[0].value, got.second.identifiers[0].value) == ("P1", "P2")
