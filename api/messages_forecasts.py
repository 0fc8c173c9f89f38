"""Chinese texts of what can be wrong with a forecast that was asked for."""

FORECASTS: dict[str, str] = {
    "SERIES_EMPTY": "该序列没有任何数值,无法预测。",
    "SERIES_TOO_SHORT": "历史数据不足:至少需要两周的数值。",
    "SERIES_STALE": "最后一个数值已过时,请先更新该序列。",
    "SERIES_BAD_VALUE": "数值须为不小于 0 的数。",
    "SERIES_BAD_START": "按日序列须以日期开始,按小时序列须以 UTC 整点开始。",
    "NO_TIME_ZONE": "没有该时区,请填写 IANA 名称。",
    "STAY_WITHOUT_ZONE": "住院记录的时间缺少时区。",
    "STAY_ENDS_EARLY": "住院记录的结束时间早于开始时间。",
    "ARRIVALS_HORIZON": "须为预测的每一步提供预计到达人数。",
    "SERIES_MIXED": "同一序列中不能既有按日又有按小时的时间。",
    "SERIES_TOO_LONG": "该序列的时间跨度过长。",
    "SERIES_NO_TABLE": "文件不是 UTF-8 编码的表格。",
    "SERIES_NO_COLUMN": "文件中没有该列。",
    "SERIES_BAD_CELL": "文件中某行某列的内容无法读取。",
    "BAD_AS_OF": "起始时间格式有误,例如 2026-11-30。",
    "NO_STAYS": "该病区没有可供学习的住院记录。",
    "NO_HOLIDAY_CALENDAR": "没有该地区的节假日日历。",
    "NO_FORECAST_ENGINE": "没有该预测方法。",
    "FORECAST_HORIZON": "预测步数超出允许范围。",
}
