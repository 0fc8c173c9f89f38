"""docs/schema.graphql is what the code serves, and breaking it takes a decision."""

from pathlib import Path

import pytest

import api.sdl
from api.schema import sdl
from api.sdl import KEPT, breaking_changes, main

BEFORE = "type Query { bed(id: Int!): String wards: [String!] }\n"


def test_the_checked_in_schema_is_the_one_that_is_served() -> None:
    assert KEPT.read_text("utf-8") == sdl(), "run scripts/schema"


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        ("type Query { wards(first: Int): [String!] }", ["Field Query.bed was removed."]),
        (
            "type Query { bed(id: Int!, at: String!): String wards: [String!] }",
            ["A required argument Query.bed(at:) was added."],
        ),
        ("type Query { bed(id: Int!): String wards: [String!] staff: [String!] }", []),
    ],
)
def test_what_breaks_a_client_is_named(after: str, broken: list[str]) -> None:
    assert breaking_changes(BEFORE, after) == broken


def test_a_breaking_change_is_written_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "schema.graphql"
    kept.write_text(BEFORE)
    monkeypatch.setattr(api.sdl, "KEPT", kept)
    monkeypatch.setattr(api.sdl, "sdl", lambda: "type Query { wards: [String!] }\n")
    assert main([]) == 1
    assert kept.read_text() == BEFORE
    assert "breaks clients: Field Query.bed was removed." in capsys.readouterr().out
    assert main(["--breaking"]) == 0
    assert kept.read_text() == "type Query { wards: [String!] }\n"
