"""Chinese texts of refusals about messages from and to other systems, by reason code."""

HL7: dict[str, str] = {
    "ACCOUNT_UNUSABLE": "该系统使用的账号不是可用的服务账号。",
    "NOT_WAITING": "该消息已处理,不再等待。",
    "NO_TEXT": "该消息的正文未保留。",
    "OUTBOUND_STATE": "该外发消息当前的状态不允许此操作。",
    "PEER_OF_ANOTHER": "该系统名已用于另一家医院,请换一个名称。",
    "PLANNED_MEANWHILE": "这些变更已由另一进程排入外发队列。",
}
