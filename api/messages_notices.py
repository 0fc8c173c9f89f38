"""Chinese texts of refusals about notices, by reason code."""

NOTICES: dict[str, str] = {
    "ADDRESS": "地址格式不正确:邮箱只填一个普通地址;其他渠道填写该渠道的 https 地址。",
    "CONTACT_REMOVED": "该联系方式已删除。",
    "CRITICAL_NOT_SILENCED": "危急报警不能设置免打扰。",
    "DUTY": "值班岗位应写为 role:角色 或 list:名单,且角色须存在。",
    "LEASE_LOST": "该通知的发送已由下一次尝试接手。",
    "NOT_A_BOUNCE": "这不是本系统邮件的退信,请提供完整的退信原文。",
    "NOT_DUE": "该通知正在发送或已经结束。",
    "NOT_MAIL": "只有邮件通知才能登记退信。",
    "NOT_SENT": "该通知尚未发出,不能登记退信。",
    "NO_ADDRESS_NEEDED": "站内通知无需联系方式。",
    "ON_CALL_OVER": "该值班已经结束。",
    "ON_CALL_TIME": "值班时间应从现在或一年之内开始,并在开始之后结束。",
    "SECRET_NEEDED": "该渠道需要签名密钥,16 至 200 个可见字符;其他渠道请勿填写。",
    "TEMPLATE_FIELD": "模板只能使用 allowed 中列出的字段。",
    "TEST_UNDER_WAY": "刚刚发送过测试通知,请先查看其结果。",
    "TOO_MANY_CONTACTS": "联系方式已达上限,请先删除一个。",
}
