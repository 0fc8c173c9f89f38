"""Every code that a plan can show has a text in both languages."""

from solvers.admission_ruleset import CAN_BIND
from solvers.bed_explain import GIVEN_TO_OTHERS, NOT_WORTH_IT
from solvers.bed_rules import HARD_RULES, SOFT_RULES
from solvers.care_rules import HARD_RULES as CARE_RULES
from solvers.kept_texts import KEPT_TEXTS, kept_text
from solvers.rule_texts import TEXTS, count_text, rule_text
from solvers.transfer_rules import HOSPITAL_HARD, UNIT_HARD
from solvers.transfer_texts import TRANSFER_TEXTS


def test_every_code_has_its_own_text_in_both_languages() -> None:
    codes = {*HARD_RULES, *SOFT_RULES, GIVEN_TO_OTHERS, NOT_WORTH_IT}
    assert codes <= set(TEXTS)
    for language in (0, 1):
        texts = [both[language] for both in TEXTS.values()]
        assert all(texts)
        assert len(set(texts)) == len(texts)


def test_every_hard_rule_reads_otherwise_where_it_is_kept() -> None:
    hard = {*HARD_RULES, *CARE_RULES, *HOSPITAL_HARD, *UNIT_HARD, *CAN_BIND}
    assert hard <= set(KEPT_TEXTS)
    for code, both in KEPT_TEXTS.items():
        assert all(both)
        for broken in (TEXTS.get(code), TRANSFER_TEXTS.get(code)):
            assert broken is None or not set(both) & set(broken)
    assert kept_text("BED_READY") == ("床位可用", "Bed is ready")


def test_an_unknown_blocking_code_reads_as_a_bed_that_is_not_ready() -> None:
    assert rule_text("BED_READY:FLOODED", "en") == "Bed not ready"
    assert rule_text("BED_READY:DIRTY", "zh-CN") == "待清洁"


def test_counts_say_how_many_beds_and_what_is_missing() -> None:
    english = count_text("STAFFED_CAPACITY", 2, 1, "en")
    assert english == "No staffed bed left in the ward: 2 beds, short by 1"
    assert count_text("ROOM_SEX", 1, None, "en") == "Room is used by the other sex: 1 bed"
    assert (
        count_text("STAFFED_CAPACITY", 2, 1, "zh-CN") == "超出病区有人护理的床位数:2 张床,缺 1 张"
    )
