"""Chinese texts of refusals about legal holds and erasure."""

PRIVACY = {
    "HOLD_NOT_ASKED": "尚无人申请解除此项法律保全,请先申请。",
    "HOLD_LIFTED": "此项法律保全已经解除。",
}
