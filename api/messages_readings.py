"""Chinese texts of refusals about readings, by reason code."""

READINGS: dict[str, str] = {
    "AHEAD_OF_TIME": "测量时间比接收时间晚一小时以上,请校正设备时钟。",
    "DEVICE_UNKNOWN": "本院没有这台设备,请先登记再重试。",
    "LIMITS_OUT_OF_ORDER": "限值须为依次递增的数字:下限、偏低、偏高、上限。",
    "NOT_READINGS": "该文本不是系统保存的读数,须由原入口读取。",
    "TIME_WITHOUT_ZONE": "时间缺少时区,请带上偏移量发送。",
    "TOO_LATE": "测量时间比接收时间早一天以上,请用文件导入。",
    "UNIT_MISMATCH": "该单位不属于此指标。",
    "UNIT_UNKNOWN": "没有这种写法的单位,请为设备登记单位。",
    "VALUE_UNREADABLE": "数值无法识别。",
}
