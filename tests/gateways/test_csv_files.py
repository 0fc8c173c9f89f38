"""Files of ward stays, read through a mapping."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateways.csv_files import OddRow, StayRow, read_stays
from gateways.stay_mapping import StayMapping, load_mapping
from kit.errors import Invalid, NotFound

MAPPING = """
[source]
name = "made up"
[columns]
encounter = "enc"
patient = "pat"
hospital = "hosp"
ward = "ward"
since = "in"
until = "out"
kind = "kind"
[kinds]
departure = ["discharge"]
ignore = ["note"]
[time]
format = "%Y-%m-%d %H:%M"
zone = "Asia/Shanghai"
shift_days = -365
"""
HEADER = "enc,pat,hosp,ward,in,out,kind\n"


@pytest.fixture
def mapping(tmp_path: Path) -> StayMapping:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    return load_mapping(path)


def read(
    tmp_path: Path, mapping: StayMapping, rows: str, name: str = "stays.csv"
) -> tuple[list[StayRow], list[OddRow]]:
    path = tmp_path / name
    content = (HEADER + rows).encode(mapping.encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return read_stays(path, mapping)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC) - timedelta(hours=8)


def odd(rows: list[OddRow]) -> list[tuple[int, str]]:
    return [(row.number, row.why.reason) for row in rows]


def test_rows_come_in_the_order_in_which_they_began(tmp_path: Path, mapping: StayMapping) -> None:
    good, bad = read(
        tmp_path, mapping,
        "E1,P1,H1,W1,2026-03-01 00:00,2026-03-02 00:00,admit\n"
        "E1,P1,H1,W2,2026-03-02 00:00,2026-03-03 00:00,transfer\n"
        "E1,P1,H1,,2026-03-03 00:00,,discharge\n"
        "E2,P2,H1,W1,2026-03-01 12:00,,admit\n"
        "E2,P2,H1,W1,2026-03-01 13:00,,note\n",
    )  # fmt: skip
    assert bad == []
    assert [(row.encounter, row.ward, row.since, row.departure) for row in good] == [
        ("E1", "W1", at(1), False),
        ("E2", "W1", at(1, 12), False),
        ("E1", "W2", at(2), False),
        ("E1", "", at(3), True),
    ]
    assert [row.leaves for row in good] == [False, False, False, False]
    assert [row.number for row in good] == [1, 4, 2, 3]


def test_the_last_stay_ends_the_encounter_where_no_row_says_so(
    tmp_path: Path, mapping: StayMapping
) -> None:
    good, _ = read(
        tmp_path, mapping,
        "E1,P1,H1,W1,2026-03-01 00:00,2026-03-02 00:00,\n"
        "E1,P1,H1,W2,2026-03-02 00:00,2026-03-03 00:00,\n",
    )  # fmt: skip
    assert [(row.until, row.leaves) for row in good] == [(at(2), False), (at(3), True)]


def test_a_gzipped_file_reads_alike(tmp_path: Path, mapping: StayMapping) -> None:
    rows = "E1,P1,H1,W1,2026-03-01 00:00,,\n"
    assert read(tmp_path, mapping, rows, "stays.csv.gz") == read(tmp_path, mapping, rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("E1,P1,H1,W1,yesterday,,", "BAD_TIME"),
        ("E1,P1,H1,W1,,,", "NO_TIME"),
        (",P1,H1,W1,2026-03-01 00:00,,", "NO_ENCOUNTER"),
        ("E1,P1,H1,,2026-03-01 00:00,,", "NO_LOCATION"),
        ("E1,P1,H1,W1,2026-03-01 00:00,2026-03-01 00:00,", "NO_LENGTH"),
    ],
)
def test_a_faulty_row_is_kept_with_its_reason(
    tmp_path: Path, mapping: StayMapping, row: str, reason: str
) -> None:
    good, bad = read(tmp_path, mapping, row + "\nE2,P2,H1,W1,2026-03-01 00:00,,\n")
    assert ([one.encounter for one in good], odd(bad)) == (["E2"], [(1, reason)])


def test_stays_that_contradict_each_other_are_odd(tmp_path: Path, mapping: StayMapping) -> None:
    good, bad = read(
        tmp_path, mapping,
        "E1,P1,H1,W1,2026-03-01 00:00,2026-03-02 00:00,\n"
        "E1,P1,H1,W2,2026-03-01 12:00,2026-03-03 00:00,\n"
        "E2,P2,H1,W1,2026-03-01 00:00,2026-03-02 00:00,\n"
        "E2,P2,H1,W2,2026-03-02 12:00,2026-03-03 00:00,\n"
        "E3,P3,H1,,2026-03-01 00:00,,discharge\n"
        "E3,P3,H1,W1,2026-03-02 00:00,,\n",
    )  # fmt: skip
    assert odd(bad) == [(2, "STAY_OVERLAP"), (4, "STAY_GAP"), (6, "AFTER_DEPARTURE")]
    assert [(row.number, row.leaves) for row in good] == [(5, False), (1, True), (3, True)]


def test_a_gap_may_be_bridged(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING + '[file]\ngaps = "bridge"\n')
    good, bad = read(
        tmp_path, load_mapping(path),
        "E2,P2,H1,W1,2026-03-01 00:00,2026-03-02 00:00,\n"
        "E2,P2,H1,W2,2026-03-02 12:00,2026-03-03 00:00,\n",
    )  # fmt: skip
    assert (bad, [row.remarks for row in good]) == ([], [(), ("GAP_BRIDGED",)])


def test_a_file_without_a_mapped_column_is_refused(tmp_path: Path, mapping: StayMapping) -> None:
    path = tmp_path / "stays.csv"
    path.write_text("enc,pat\nE1,P1\n")
    with pytest.raises(Invalid, match="hosp, in, kind, out, ward"):
        read_stays(path, mapping)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path, mapping: StayMapping) -> None:
    path = tmp_path / "stays.csv.gz"
    path.write_bytes(b"not gzip")
    with pytest.raises(Invalid) as refused:
        read_stays(path, mapping)
    assert refused.value.reason == "NOT_A_TABLE"
    with pytest.raises(NotFound):
        read_stays(tmp_path / "nothing.csv", mapping)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[columns]\nencounter = "e"\nward = "w"', "columns.since"),
        ("[column]\n", "column"),
        ('[columns]\nwards = "w"', "columns.wards"),
        ("[columns]\nward = 3", "columns.ward"),
        (MAPPING.replace("Asia/Shanghai", "Mars/Base"), "time.zone"),
        (MAPPING + '[file]\ngaps = "fill"', "file.gaps"),
        ("not toml", "mapping"),
    ],
)
def test_a_faulty_mapping_names_its_entry(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(Invalid) as refused:
        load_mapping(path)
    assert refused.value.field == field
