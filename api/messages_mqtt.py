"""Chinese texts of why a device's message was parked, by reason code."""

MQTT: dict[str, str] = {
    "ANOTHER_DEVICE": "报文所写的设备与主题中的设备不同。",
    "MESSAGE_TOO_LONG": "报文过长,最多 64 KiB。",
    "NOT_JSON": "报文不是 JSON。",
    "TIME_UNREADABLE": "时间无法识别,请使用带时区的 ISO 8601,或 1970 年以来的秒数、毫秒数。",
    "TOO_MANY_VALUES": "一条报文中的数值过多。",
}
