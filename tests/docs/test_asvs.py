"""The checklist is whole, and what it calls met names what shows it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/asvs.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| (V\d|\|)|\| \|", line)]  # fmt: skip
# How many requirements of level 1 and 2 each section of ASVS 5.0.0 has; they are numbered from 1.
SECTIONS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1"
    " 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2"
    " 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2"
    " 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5"
    " 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2"
)
DOCUMENTED = {"5.1.1", "13.1.1"}  # what they ask for is a document


def test_no_requirement_is_missing_or_told_twice() -> None:
    wanted = [
        f"{section}.{number}"
        for section, count in (one.split(":") for one in SECTIONS.split())
        for number in range(1, int(count) + 1)
    ]
    told = [one for row in ROWS for one in row[1].split(", ")]
    assert len(wanted) == 253
    assert sorted(told) == sorted(wanted)


def test_what_is_met_names_its_test() -> None:
    assert {row[2] for row in ROWS} <= {"met", "part", "no", "operator", "n/a"}
    for _, numbers, state, how in ROWS:
        assert len(how) > 8, numbers
        if state == "met" and numbers not in DOCUMENTED:
            assert re.search(r"`(test_\w+|tests/[\w/.]+)`", how), numbers


def test_what_is_not_met_is_said_again_at_the_end() -> None:
    said = PAGE.partition("## Not met")[2]
    for _, numbers, state, _how in ROWS:
        if state == "no":
            assert all(one in said for one in numbers.split(", ")), numbers
