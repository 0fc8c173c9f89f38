"""Rules as YAML: limits of a file, drafts by import, the same file again out of an export."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from app.cli_rules import app as rules_cli
from app.wiring import App
from domain.alarms.rule_commands import PublishRule
from domain.places.commands import OpenHospital, OpenWard
from gateways.alarm_rules import (
    LARGEST,
    Imported,
    check,
    default_rules,
    export_rules,
    import_rules,
    parse,
)
from kit.errors import Invalid, NotFound
from kit.work import Actor
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.databases import Databases
from tests.house import enrol, house

Program = tuple[App, dict[str, Actor]]


def as_yaml(*rules: dict[str, Any]) -> bytes:
    distinct = json.loads(json.dumps(rules))  # what is shared would be written as an alias
    return yaml.safe_dump(distinct, allow_unicode=True).encode()


@pytest.fixture(scope="module")
def program(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with hospital H1, its wards ICU and MED, and people."""
    with (
        databases.migrated("sqlite") as url,
        house(url, tmp_path_factory.mktemp("rules")) as app,
    ):
        people = {role: enrol(url, role) for role in
                  ("system-administrator", "bed-manager", "house-supervisor", "nurse")}  # fmt: skip
        app.decisions.reload()
        administrator = people["system-administrator"]
        opened = app.pipeline.run(administrator, OpenHospital(code="H1", name_zh="一", name_en="1"))
        for code in ("ICU", "MED"):
            ward = OpenWard(hospital_id=opened.result.id, code=code, name_zh=code, name_en=code,
                            licensed_beds=4, staffed_beds=4)  # fmt: skip
            app.pipeline.run(administrator, ward)
        yield app, people


def outcomes(found: list[Imported]) -> dict[str, str]:
    return {one.code: one.outcome for one in found}


def test_an_import_drafts_each_rule_once(program: Program) -> None:
    app, people = program
    file = as_yaml(spo2_low(scope={"hospital": "H1", "ward": "ICU", "deviceKind": "monitor"}),
                   at_once())  # fmt: skip
    first = import_rules(app, "H1", file, actor=people["bed-manager"])
    assert outcomes(first) == {"spo2-low": "DRAFTED", "hr-high": "DRAFTED"}
    again = import_rules(app, "H1", file, actor=people["bed-manager"])
    assert outcomes(again) == {"spo2-low": "UNCHANGED", "hr-high": "UNCHANGED"}
    other = as_yaml(at_once(threshold=125))
    assert outcomes(import_rules(app, "H1", other, actor=people["bed-manager"])) == {
        "hr-high": "CHANGED"
    }
    for one in first:
        assert one.rule_id is not None
        app.pipeline.run(people["house-supervisor"], PublishRule(rule_id=one.rule_id))
    assert outcomes(import_rules(app, "H1", as_yaml(at_once()), actor=people["bed-manager"])) == {
        "hr-high": "DRAFTED"
    }


def test_an_export_says_the_same_again(program: Program) -> None:
    app, people = program
    said = export_rules(app, "H1", actor=people["bed-manager"])
    listed = {rule["id"]: rule for rule in yaml.safe_load(said)}
    assert listed["spo2-low"]["scope"] == {
        "hospital": "H1", "ward": "ICU", "deviceKind": "monitor",
    }  # fmt: skip
    assert (listed["spo2-low"]["for"], listed["spo2-low"]["threshold"]) == ("PT2M", 90.0)
    again = import_rules(app, "H1", yaml.safe_dump([listed["spo2-low"]]).encode(),
                         actor=people["bed-manager"])  # fmt: skip
    assert outcomes(again) == {"spo2-low": "UNCHANGED"}


def test_one_bad_rule_does_not_keep_the_others_out(program: Program) -> None:
    app, people = program
    file = as_yaml(at_once(id="good"), at_once(id="bad", threshold="high"),
                   at_once(id="lost", scope={"ward": "NOWHERE"}))  # fmt: skip
    found = import_rules(app, "H1", file, actor=people["bed-manager"])
    assert outcomes(found) == {"good": "DRAFTED", "bad": "REFUSED", "lost": "REFUSED"}
    reasons = [one.problem.reason for one in found if one.problem is not None]
    assert reasons == ["RULE_NUMBER", "NOT_FOUND"]


def test_who_may_not_draft_drafts_nothing(program: Program) -> None:
    app, people = program
    found = import_rules(app, "H1", as_yaml(at_once(id="nurses")), actor=people["nurse"])
    assert [(one.outcome, one.problem.code) for one in found if one.problem] == [
        ("REFUSED", "DENIED")
    ]
    with pytest.raises(NotFound):
        import_rules(app, "H9", as_yaml(at_once()), actor=people["bed-manager"])


@pytest.mark.parametrize(
    "body",
    [b"a: [1, 2", b"\xff\xfe\x00", b"- 1\n- 2\n", b"[" * 100_000, b"x" * (LARGEST + 1),
     b"- &a {id: x}\n- *a\n", b"!!python/object/apply:os.system ['true']", b"- id: \x00",
     as_yaml(*({"id": str(n)} for n in range(501)))],
    ids=["broken", "no text", "no rules", "deep", "large", "aliases", "python", "control", "many"],
)  # fmt: skip
def test_a_file_that_is_no_list_of_rules_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse(body)
    assert refused.value.reason == "RULE_FILE"


def test_the_rule_of_the_manual_is_right() -> None:
    manual = (Path(__file__).parents[2] / "docs/alarm-rules.md").read_text("utf-8")
    (shown,) = check(manual.split("```yaml\n")[1].split("```")[0].encode())
    assert (shown.problem, shown.code, shown.ward) == (None, "icu-spo2-low", "ICU")


def test_a_list_or_one_rule_per_document_is_taken() -> None:
    both = (as_yaml(spo2_low()), b"---\n" + yaml.safe_dump(spo2_low()).encode() + b"---\n")
    assert parse(both[0]) == parse(both[1]) == [spo2_low()]
    assert parse(b"") == []


def test_the_check_of_the_command_line_names_what_is_wrong(tmp_path: Path) -> None:
    fine = CliRunner().invoke(rules_cli, ["check"])
    assert fine.exit_code == 0
    assert fine.output.splitlines() == [f"{one.code} ok" for one in check(default_rules())]
    file = tmp_path / "rules.yaml"
    file.write_bytes(as_yaml(spo2_low(), at_once(op="!")))
    wrong = CliRunner().invoke(rules_cli, ["check", str(file)])
    assert wrong.exit_code == 1
    assert "spo2-low ok" in wrong.output
    assert "hr-high RULE_OPERATOR op: no such operator" in wrong.output
