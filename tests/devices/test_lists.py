"""Lists of devices: faults told by line, good rows applied, twice without effect."""

from pathlib import Path

import pytest

from gateways.device_lists import import_devices
from gateways.device_mapping import load_device_mapping
from gateways.tables import table_rows
from kit.errors import Invalid
from tests.devices.gateway_house import Stocked, stocked

__all__ = ["stocked"]

MAPPING = """
[columns]
code = "Asset"
kind = "Type"
model = "Model"
serial = "Serial"
ward = "Ward"
bed = "Bed"
gateway = "Via"
silent_after_s = "Silence"
[kinds]
MONITOR = ["Patient monitor", "监护仪"]
[file]
delimiter = ";"
"""
HEADER = "Asset;Type;Model;Serial;Ward;Bed;Via;Silence"
GOOD = [
    "gw-1;gateway;Acme;;ICU;;;",
    "mon-1;监护仪;Acme 7;S1;ICU;1;gw-1;120",
    "mon-2;Patient monitor;;;ICU;;;",
]
ODD = {
    "pump-1;Infusomat;;;ICU;;;": ("UNKNOWN_KIND", "kind"),
    "mon 3;monitor;;;ICU;;;": ("DEVICE_CODE", "code"),
    "mon-4;monitor;;;ICU9;;;": ("UNKNOWN_WARD", "ward"),
    "mon-5;monitor;;;ICU;9;;": ("UNKNOWN_BED", "bed"),
    "mon-6;monitor;;;ICU;;gw-9;": ("UNKNOWN_GATEWAY", "gateway"),
    "mon-7;monitor;;;ICU;;;soon": ("NOT_A_NUMBER", "silent_after_s"),
    "mon-8;monitor;;;ICU;;;2": ("INVALID", "silentAfterS"),
    "mon-1;monitor;;;ICU;;;": ("CODE_TWICE", "code"),
}


def _files(folder: Path, rows: list[str], mapping: str = MAPPING) -> tuple[Path, Path]:
    file, how = folder / "devices.csv", folder / "devices.toml"
    file.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    how.write_text(mapping, "utf-8")
    return file, how


def test_good_rows_around_faults_are_applied_and_twice_is_once(
    stocked: Stocked, tmp_path: Path
) -> None:
    file, how = _files(tmp_path, [GOOD[0], GOOD[1], *ODD, GOOD[2]])
    first = import_devices(stocked.app, file, how, "NORTH", actor=stocked.actor)
    assert (first.total, first.registered, first.changed, first.unchanged) == (11, 3, 0, 0)
    assert [(one.line, one.reason, one.field) for one in first.faults] == [
        (line, *why) for line, why in enumerate(ODD.values(), 4)
    ]
    assert all(one.text for one in first.faults)
    devices = "SELECT code, kind, model, serial, silent_after_s FROM device ORDER BY code"
    assert stocked.sql(devices) == [
        ("gw-1", "GATEWAY", "Acme", "", 60),
        ("mon-1", "MONITOR", "Acme 7", "S1", 120),
        ("mon-2", "MONITOR", "", "", 60),
    ]
    assert stocked.sql(
        "SELECT d.code, b.code FROM device_attachment a JOIN device d ON d.id = a.device_id"
        " JOIN bed b ON b.id = a.bed_id"
    ) == [("mon-1", "1")]  # fmt: skip
    entries = stocked.sql("SELECT count(*) FROM ledger_entry")

    again = import_devices(stocked.app, file, how, "NORTH", actor=stocked.actor)
    assert (again.total, again.registered, again.changed, again.unchanged) == (11, 0, 0, 3)
    assert [one.reason for one in again.faults] == [reason for reason, _ in ODD.values()]
    refused = 2  # the two that only the command could judge are recorded each time
    assert stocked.sql("SELECT count(*) FROM ledger_entry") == [
        (int(str(entries[0][0])) + refused,)
    ]


def test_a_changed_row_changes_the_device_but_moves_nothing(
    stocked: Stocked, tmp_path: Path
) -> None:
    import_devices(stocked.app, *_files(tmp_path, GOOD), "NORTH", actor=stocked.actor)
    moved = ["mon-1;监护仪;Acme 7;S1;ICU;2;;120", "mon-2;monitor;Acme 8;;ICU;2;;"]
    done = import_devices(stocked.app, *_files(tmp_path, moved), "NORTH", actor=stocked.actor)
    assert (done.registered, done.changed, done.unchanged) == (0, 1, 0)
    assert [(one.line, one.reason) for one in done.faults] == [(2, "DEVICE_ATTACHED")]
    assert stocked.sql("SELECT model FROM device WHERE code = 'mon-2'") == [("Acme 8",)]
    assert stocked.sql(
        "SELECT d.code, b.code FROM device_attachment a JOIN device d ON d.id = a.device_id"
        " JOIN bed b ON b.id = a.bed_id WHERE a.until IS NULL ORDER BY d.code"
    ) == [("mon-1", "1"), ("mon-2", "2")]  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ("[columns]\nkind = 'Type'", "columns.code"),
        ("[columns]\ncode = 'No such'", "columns"),
        ("[columns]\ncode = 'Asset'\n[kinds]\nTOASTER = []", "kinds.TOASTER"),
        ("[columns]\ncode = 'Asset'\n[defaults]\nkind = 'TOASTER'", "defaults.kind"),
        ("[rows]", "rows"),
        ("no toml", "mapping"),
    ],
)
def test_a_faulty_mapping_is_refused_by_its_entry(mapping: str, field: str, tmp_path: Path) -> None:
    file, how = _files(tmp_path, GOOD, mapping)
    with pytest.raises(Invalid) as raised:
        list(table_rows(file, load_device_mapping(how)))
    assert raised.value.field == field
