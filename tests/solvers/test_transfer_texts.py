"""Every code that a transfer plan can show has a text in both languages."""

from solvers.transfer_rules import HOSPITAL_HARD, HOSPITAL_SOFT, UNIT_HARD, UNIT_SOFT
from solvers.transfer_ruleset import DEFAULT_WEIGHTS, HARD_CODES
from solvers.transfer_texts import TRANSFER_TEXTS, transfer_text


def test_every_code_has_its_own_text_in_both_languages() -> None:
    hard = {*HOSPITAL_HARD, *UNIT_HARD}
    assert hard == set(HARD_CODES)
    assert {*HOSPITAL_SOFT, *UNIT_SOFT, "LOAD"} == set(DEFAULT_WEIGHTS)
    reasons = {"GIVEN_TO_OTHERS", "NOT_WORTH_IT", "NEED_UNMET", "WAITS"}
    assert set(TRANSFER_TEXTS) == hard | set(DEFAULT_WEIGHTS) | reasons
    for language in (0, 1):
        texts = [both[language] for both in TRANSFER_TEXTS.values()]
        assert all(texts)
        assert len(set(texts)) == len(texts)
    assert transfer_text("MOVE", "zh-CN") == "转院"
    assert transfer_text("MOVE", "en") == "Moved to another hospital"
