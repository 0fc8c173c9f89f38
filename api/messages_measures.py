"""Chinese texts of refusals about measures and charts, by reason code."""

MEASURES: dict[str, str] = {
    "CHARTS_BUSY": "正在绘制其他图表,请稍后再试。",
    "CHARTS_NOT_INSTALLED": "服务器未安装图表组件,请联系管理员。",
    "HISTORY_TOO_SHORT": "此前的历史数据太少,无法判断是否异常。",
    "INTERVAL_AHEAD": "所选时段在未来。",
    "INTERVAL_EMPTY": "所选时段为空,请调整起止时间。",
    "INTERVAL_TOO_LONG": "所选时段过长,请缩短后重试。",
    "MEASURE_UNKNOWN": "没有这个指标,可用的指标见 allowed。",
    "NO_READINGS": "所选时段没有测量数据。",
}
