"""Every code that a plan can show has a text in both languages."""

from solvers.bed_explain import GIVEN_TO_OTHERS, NOT_WORTH_IT
from solvers.bed_rules import HARD_RULES, SOFT_RULES
from solvers.rule_texts import TEXTS, count_text, rule_text


def test_every_code_has_its_own_text_in_both_languages() -> None:
    codes = {*HARD_RULES, *SOFT_RULES, GIVEN_TO_OTHERS, NOT_WORTH_IT}
    assert codes <= set(TEXTS)
    for language in (0, 1):
        texts = [both[language] for both in TEXTS.values()]
        assert all(texts)
        assert len(set(texts)) == len(texts)


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
