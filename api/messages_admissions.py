"""Chinese texts of refusals about elective admissions and chains of moves, by reason code."""

ADMISSIONS: dict[str, str] = {
    "ADMISSION_OPEN": "该住院登记已有进行中的入院申请,记录见 blocking。",
    "ADMISSION_STATE": "入院申请当前状态不允许此操作,可行的状态见 allowed。",
    "CHANGED_MEANWHILE": "制定计划后申请已有变化,请重新制定计划。",
    "MOVED_MEANWHILE": "患者已不在计划时的床位。",
    "OUTSIDE_WINDOW": "日期不在可入院的时段内,或已过去。",
    "ROOM_FULL": "该房间在这些夜晚没有空床。",
    "THEATRE_FULL": "当天该专科的手术时间不足。",
}
