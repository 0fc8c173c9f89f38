"""What the codes of a transfer plan are called, for those who may not see the solvers."""

from solvers.transfer_texts import TRANSFER_TEXTS


def transfer_plan_text(code: str) -> tuple[str, str]:
    """The Chinese and the English text of a code."""
    return TRANSFER_TEXTS[code]
