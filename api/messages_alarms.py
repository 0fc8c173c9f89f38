"""Chinese texts of refusals about alarms and of reasons in their history, by code."""

ALARMS: dict[str, str] = {
    "ALARM_STATE": "报警当前状态不允许此操作,可行的状态见 allowed。",
    "CAME_BACK": "原因再次出现。",
    "NOTHING_DUE": "目前没有到期的步骤。",
    "NOT_A_DEVICE_ALARM": "这不是设备本身的报警。",
    "SHELF_TOO_LONG": "搁置时间超出该级别的上限,最晚时间见 allowed。",
    "UNACKNOWLEDGED": "确认已撤回。",
    "WORSE": "情况加重。",
}
