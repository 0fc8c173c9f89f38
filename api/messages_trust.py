"""Chinese texts of refusals about break-glass and the record of accesses, by reason code."""

TRUST: dict[str, str] = {
    "BREAK_GLASS_MANY": "您同时进行的紧急访问已达上限,请先结束一项。",
    "BREAK_GLASS_MINUTES": "紧急访问的时长超出所允许的范围。",
    "BREAK_GLASS_OPEN": "该紧急访问仍在有效期内。",
    "BREAK_GLASS_REASON": "请填写理由,并注意字数要求。",
    "BREAK_GLASS_STATE": "紧急访问当前状态不允许此操作,可行的状态见 allowed。",
    "BREAK_GLASS_TARGET": "您的角色不能对该对象进行紧急访问。",
    "EXPORT_TOO_LARGE": "结果过多,无法一次导出,请按较短的时间段分次导出。",
    "PUBLICATION_PENDING": "操作已记入日志,但见证方签署尚不足数,因此未输出任何内容,请稍后重试。",
    "NOT_TOGETHER": "这些维度不能一起发布,可选的组合见 allowed。",
    "OWN_BREAK_GLASS": "本人的紧急访问须由他人审核。",
    "LOOKED_THROUGH": "这些记录已由另一进程检查。",
    "OWN_READ": "本人的查看须由他人审核。",
    "PURPOSE_REQUIRED": "请说明使用目的,可选的代码见 allowed。",
    "REVIEW_NOTE": "请填写审核意见,并注意字数要求。",
    "SIGNED_OFF": "该项已审核完毕。",
    "REASON_NEEDED": "查阅患者的访问记录须填写理由。",
    "REAUTHENTICATE": "此操作须由本人以密码和验证码再次确认。",
}
