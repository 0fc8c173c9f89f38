"""Chinese texts of refusals about transfers between hospitals and pressure, by reason code."""

TRANSFERS: dict[str, str] = {
    "CARD_DONE": "该项措施已有人完成。",
    "CONSENT_MISSING": "尚未记录患者同意转院。",
    "CONSENT_REFUSED": "患者已拒绝转院。",
    "NOT_OVERDUE": "答复期限未到,不能升级处理。",
    "NO_BED_HELD": "接收医院目前没有为该患者预留床位。",
    "OTHER_SIDE": "此操作应由对方医院进行。",
    "PATIENT_ARRIVED": "患者已到达接收医院,须由对方先撤销入院。",
    "PRESSURE_IN_FORCE": "当前压力等级尚未到期。",
    "PRESSURE_OVER": "该压力等级已结束。",
    "SAME_HOSPITAL": "患者就在本院,请办理转床。",
    "SAME_MODE": "医院已处于该审批模式。",
    "TRANSFER_OPEN": "该患者已有进行中的转院,记录见 blocking。",
    "TRANSFER_PENDING": "该患者将由转院到达,请在转院中记录到达。",
    "TRANSFER_STATE": "转院当前状态不允许此操作,可行的状态见 allowed。",
}
