"""What devices say of themselves (IEEE 11073-10207): known metrics named, the rest reported."""

from pathlib import Path
from uuid import uuid4

import pytest

from domain.devices.commands import RegisterDevice
from domain.devices.model import DeviceKind
from gateways.mdib import Described, command_for, import_mdib, read_mdib
from kit.errors import Invalid
from tests.devices.gateway_house import Stocked, stocked
from tests.gateways.public_data import public_data

__all__ = ["stocked"]

NAMES = (
    'xmlns:pm="http://standards.ieee.org/downloads/11073/11073-10207-2017/participant" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def metric(handle: str, code: str, unit: str, name: str = "", more: str = "", **said: str) -> str:
    kind = said.get("kind", "NumericMetricDescriptor")
    return (
        f'<pm:Metric xsi:type="pm:{kind}" Handle="{handle}"'
        f' MetricCategory="{said.get("category", "Msrmt")}"><pm:Type Code="{code}"/>'
        f'<pm:Unit Code="{unit}"><pm:ConceptDescription>{name}</pm:ConceptDescription></pm:Unit>'
        f"{more}</pm:Metric>"
    )


def mdib(*metrics: str, handle: str = "mds0") -> str:
    return f'<pm:Mds Handle="{handle}"><pm:Vmd><pm:Channel>{"".join(metrics)}</pm:Channel></pm:Vmd></pm:Mds>'


def document(*systems: str) -> bytes:
    return f"<Mdib {NAMES}>{''.join(systems)}</Mdib>".encode()


MONITOR = document(
    mdib(
        metric("hr", "147842", "264864"),
        metric("spo2", "150456", "262688", more='<pm:TechnicalRange Lower="0" Upper="100"/>'),
        metric("temp", "150364", "266560", more='<pm:TechnicalRange Lower="32" Upper="212"/>'),
        metric("age", "16845272", "264512", "y"),
        metric("bp", "150021", "999999", "furlong"),
        metric("rr", "151562", "266016"),
        metric("hr2", "147842", "264864"),
        metric("o2", "150456", "262688", category="Set"),
        metric("wave", "131328", "266418", kind="RealTimeSampleArrayMetricDescriptor"),
    )
)


def test_metrics_that_we_know_are_named_and_the_others_reported(
    stocked: Stocked, tmp_path: Path
) -> None:
    file = tmp_path / "mdib.xml"
    file.write_bytes(MONITOR)
    register = RegisterDevice(
        hospital_id=stocked.hospital_id, code="mon-1", kind=DeviceKind.MONITOR
    )  # fmt: skip
    stocked.app.pipeline.run(stocked.actor, register)
    first = import_mdib(stocked.app, file, "NORTH", "mon-1", actor=stocked.actor)
    assert (first.total, first.named, first.unchanged) == (9, 3, 0)
    assert [(one.handle, one.reason, one.code, one.unit) for one in first.unusable] == [
        ("age", "METRIC_UNKNOWN", "16845272", "264512"),
        ("bp", "UNIT_UNKNOWN", "150021", "999999"),
        ("rr", "UNIT_MISMATCH", "151562", "266016"),
        ("hr2", "METRIC_TWICE", "147842", "264864"),
        ("o2", "NOT_MEASURED", "150456", "262688"),
        ("wave", "NOT_A_NUMBER", "131328", "266418"),
    ]
    rows = stocked.sql("SELECT alias, metric, unit, low, high FROM device_metric ORDER BY alias")
    assert rows == [
        ("hr", "hr", "/min", None, None),
        ("spo2", "spo2", "%", 0.0, 100.0),
        ("temp", "temp", "[degF]", 0.0, 100.0),
    ]
    entries = stocked.sql("SELECT count(*) FROM ledger_entry")
    again = import_mdib(stocked.app, file, "NORTH", "mon-1", actor=stocked.actor)
    assert (again.named, again.unchanged, again.unusable) == (0, 3, first.unusable)
    assert stocked.sql("SELECT count(*) FROM ledger_entry") == entries


@pytest.mark.parametrize(
    "text",
    [
        b"", b"no xml", b"<Mdib/>", document(),
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        b"\xff\xfe\x00", b"<a" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_description_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid) as raised:
        read_mdib(text)
    assert raised.value.reason == "NOT_AN_MDIB"


def test_a_code_of_another_nomenclature_is_no_metric_of_ours() -> None:
    private = MONITOR.replace(b'Type Code="147842"', b'Type Code="147842" CodingSystem="urn:acme"')
    first = read_mdib(private)["mds0"][0]
    assert first.codes == ()
    with pytest.raises(Invalid) as raised:
        command_for(first, uuid4(), {})
    assert raised.value.reason == "METRIC_UNKNOWN"


def test_a_unit_whose_code_and_name_differ_is_refused() -> None:
    torn = Described("t", "NumericMetricDescriptor", "Msrmt", ("150364",), "", ("268192",), "degF")
    with pytest.raises(Invalid) as raised:
        command_for(torn, uuid4(), {})
    assert raised.value.reason == "UNIT_MISMATCH"


# File → system → metrics described, and what can be named of them (handle, metric, unit).
PUBLIC = {
    "70041_MDIB_Final.xml": 44, "70041_MDIB_multi.xml": 45, "PlugathonMdibV2.xml": 5,
    "mdib.xml": 3, "mdib_tns.xml": 3, "mdib_two_mds.xml": 4, "reference_mdib.xml": 3,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_descriptions_are_read_whole(name: str) -> None:
    systems = read_mdib((public_data("device_11073") / name).read_bytes())
    numbers = [
        one for found in systems.values() for one in found if one.kind == "NumericMetricDescriptor"
    ]
    assert len(numbers) == PUBLIC[name]
    assert all(one.handle and one.codes for one in numbers)
    reasons = set()
    for one in numbers:
        try:
            assert command_for(one, uuid4(), {}).alias == one.handle
        except Invalid as why:
            reasons.add(why.reason)
    assert reasons <= {"METRIC_UNKNOWN", "UNIT_UNKNOWN", "UNIT_MISMATCH", "NOT_MEASURED"}


def test_what_an_anaesthesia_machine_measures_is_named_where_we_know_it() -> None:
    systems = read_mdib((public_data("device_11073") / "70041_MDIB_Final.xml").read_bytes())
    device, taken = uuid4(), dict[str, str]()
    named = []
    for one in systems["3569"]:
        try:
            made = command_for(one, device, taken)
        except Invalid:
            continue
        named.append((one.name, made.metric, made.unit, made.low, made.high))
    assert named == [
        ("RRc", "rr", "/min", 0.0, 100.0),
        ("etCO2", "etco2", "kPa", 0.0, 750.061576),
        ("FiO2", "fio2", "%", 0.0, 100.0),
    ]
