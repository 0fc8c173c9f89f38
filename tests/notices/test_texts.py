"""A notice says codes, the rule's text and a time; a template can ask for nothing else."""

import pytest

from domain.notices.texts import FIELDS, body, require_template, subject
from domain.notices.words import Language
from kit.errors import Invalid
from tests.notices.parcels import ALARM, facts


def test_the_house_s_own_texts_in_both_languages() -> None:
    assert subject(facts(), Language.EN) == "[High] ICU A1 SpO2 low"
    assert body(facts(), Language.EN).splitlines()[:3] == [
        "[High] NORTH ICU A1: SpO2 low", "new alarm, 2026-03-02 12:30:00 +0800", f"alarm {ALARM}",
    ]  # fmt: skip
    assert subject(facts(text="血氧低"), Language.ZH) == "[高] ICU A1 血氧低"
    assert body(facts(text="血氧低"), Language.ZH).splitlines()[0] == "【高】NORTH ICU A1:血氧低"


def test_a_flood_says_how_many_it_stands_for() -> None:
    assert "many alarms × 12" in body(facts(event="FLOODED", count=12), Language.EN)


def test_a_template_is_filled_with_the_closed_list_of_fields() -> None:
    template = "".join(f"{{{name}}}|" for name in FIELDS)
    assert body(facts(), Language.EN, require_template(template)) == (
        f"NORTH|ICU|A1|High|SpO2 low|2026-03-02 12:30:00 +0800|{ALARM}|new alarm|1|"
    )


@pytest.mark.parametrize(
    "template",
    [
        "{patient}", "{address}", "{secret}", "{value}", "{text.__class__}", "{text[0]}", "{0}",
        "{}", "{text!r}", "{text:>200}", "{text:{severity}}", "{", "}", "{smtp_password}",
    ],
)  # fmt: skip
def test_a_template_that_asks_for_more_is_refused(template: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_template(template)
    assert (refused.value.reason, refused.value.allowed) == ("TEMPLATE_FIELD", FIELDS)


@pytest.mark.parametrize("template", ["", "x" * 501])
def test_a_template_has_a_length(template: str) -> None:
    with pytest.raises(Invalid):
        require_template(template)


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r", "\x00", "\x0b", "\u2028", "\u2029", "\x85"])
def test_no_text_brings_a_second_line_into_a_subject(mark: str) -> None:
    made = subject(facts(text=f"low{mark}Bcc: x@example.org", ward=f"I{mark}CU"), Language.EN)
    assert made.splitlines() == ["[High] I CU A1 low Bcc: x@example.org"]


def test_braces_in_a_text_are_only_braces() -> None:
    assert "{secret}" in body(facts(text="{secret}"), Language.EN)


def test_a_long_text_is_cut() -> None:
    assert len(subject(facts(text="x" * 500), Language.EN)) == 120
    assert len(body(facts(text="x" * 500), Language.EN, "{text}" * 50)) == 2000


def test_a_test_says_only_that() -> None:
    trial = facts(alarm_id=None, event="TEST", text="This is a test.", hospital="", ward="", bed="")
    assert subject(trial, Language.EN) == "This is a test."
    assert body(trial, Language.EN) == "This is a test.\n2026-03-02 12:30:00 +0800"
