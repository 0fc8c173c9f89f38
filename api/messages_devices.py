"""Chinese texts of refusals about devices, by reason code."""

DEVICES: dict[str, str] = {
    "CERTIFICATE_TAKEN": "该证书已用于一台设备,一张证书只属于一台设备。",
    "DEVICE_ATTACHED": "设备已连接在别处,请先解除连接,或选择移动。",
    "DEVICE_CODE": "设备代码为 1 至 64 个字符,只能使用字母、数字、点、下划线和短横线。",
    "DEVICE_STATE": "设备当前状态不允许此操作,可行的状态见 allowed。",
    "GATEWAY_IN_USE": "仍有设备经由此网关,请先为它们更换网关。",
    "NOT_ATTACHED": "设备未连接在任何位置。",
    "NOT_A_GATEWAY": "所填设备不是可用的网关。",
    "NO_PASSWORD": "设备还没有密码,请先签发。",
    "PASSWORD_IN_FORCE": "设备已有有效密码,请更换密码。",
}
