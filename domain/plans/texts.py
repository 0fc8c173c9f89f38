"""What the codes of a plan are called, for those who may not see the solvers."""

from collections.abc import Mapping

from domain.plans.approval_model import Effect
from solvers.kept_texts import kept_text
from solvers.rule_texts import Language, rule_text

__all__ = ["effect_text", "kept_text", "rule_text"]

EFFECTS: Mapping[Effect, tuple[str, str]] = {
    Effect.ORDINARY: ("一般条目", "Any item"),
    Effect.MOVES_PATIENT: ("患者需转床", "Moves a patient who has a bed"),
    Effect.WAIVES_RULE: ("依赖豁免的硬性规则", "Leans on a waived hard rule"),
    Effect.COST_ABOVE: ("代价超过设定值", "Costs more than the figure set"),
    Effect.CHANGED: ("由人更改", "Was changed by a person"),
}


def effect_text(effect: Effect, language: Language) -> str:
    chinese, english = EFFECTS[effect]
    return chinese if language == "zh-CN" else english
