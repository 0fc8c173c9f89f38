"""Each threat says what stands against it, and names a test that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/threat-model.md").read_text("utf-8").partition("## Threats")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.partition("\n## ")[0].splitlines()[3:]
    if line.startswith("|")
]


def test_every_threat_has_a_mitigation_and_a_test() -> None:
    assert len(ROWS) > 30
    for threat, mitigation, shown, *_left in ROWS:
        assert mitigation, threat
        named = re.findall(r"`(tests/[\w/.*]+|test_\w+)`", shown)
        assert named, threat
        assert all(list(ROOT.glob(one.rstrip("/"))) for one in named if "/" in one), threat
