"""What the codes of a plan are called, for those who may not see the solvers."""

from solvers.rule_texts import rule_text

__all__ = ["rule_text"]
