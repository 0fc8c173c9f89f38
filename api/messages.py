"""Chinese texts of refusals, by reason code. Ids, times and codes stand in the other fields."""

from api.messages_admissions import ADMISSIONS
from api.messages_alarm_rules import ALARM_RULES
from api.messages_alarms import ALARMS
from api.messages_devices import DEVICES
from api.messages_forecasts import FORECASTS
from api.messages_hl7 import HL7
from api.messages_measures import MEASURES
from api.messages_mqtt import MQTT
from api.messages_notices import NOTICES
from api.messages_places import PLACES
from api.messages_plans import PLANS
from api.messages_privacy import PRIVACY
from api.messages_readings import READINGS
from api.messages_staff import STAFF
from api.messages_transfers import TRANSFERS
from api.messages_trust import TRUST
from kit.errors import Refusal

CHINESE: dict[str, str] = {
    **ADMISSIONS,
    **ALARM_RULES,
    **ALARMS,
    **DEVICES,
    **FORECASTS,
    **HL7,
    **MEASURES,
    **MQTT,
    **NOTICES,
    **STAFF,
    **PLACES,
    **PLANS,
    **PRIVACY,
    **READINGS,
    **TRANSFERS,
    **TRUST,
    "NOT_FOUND": "没有找到该记录,或您无权查看。",
    "DENIED": "您的角色不允许此操作。",
    "INVALID": "输入有误,请检查所指字段。",
    "READ_ONLY": "磁盘已满:暂时不能更改,仍可查看。本次操作没有执行,有空间后请重新发送。",
    "CONFLICT": "当前状态不允许此操作。",
    "INFEASIBLE": "没有符合全部规则的方案。",
    "KEYS_AWAY": "密钥服务暂时没有应答,请稍后重试。",
    "ROTATION_NOT_WAITING": "该轮换不在等待批准的状态。",
    "ROTATION_OPEN": "同类密钥的轮换尚未结束,请等待或撤回。",
    "SECOND_PERSON": "需要两位不同的密钥管理员,请另一位来批准。",
    "STALE_VERSION": "记录已被他人修改,请刷新后重试。",
    "LOST_A_RACE": "他人的修改先一步完成,请刷新后重试。",
    "DATABASE_AWAY": "数据库暂时不可用,请重新发送。",
    "IN_FLIGHT": "相同的请求正在处理,请稍后重发。",
    "KEY_REUSED": "该幂等键已用于其他内容,请换一个新的键。",
    "STOPPING": "服务正在停止,请重新发送请求。",
    "LOGIN_REFUSED": "登录名、密码或验证码不正确。",
    "LOGIN_DELAYED": "尝试次数过多,请稍候再试。",
    "ADDRESS_DELAYED": "此地址的尝试次数过多,请一分钟后再试。",
    "BUSY": "正在登录的人较多,请稍后再试。",
    "PASSWORD_MUST_CHANGE": "此密码由他人设定,请在登录时一并设置新密码。",
    "PASSWORD_LENGTH": "密码长度不符合要求,建议使用一句话。",
    "PASSWORD_COMMON": "此密码容易被猜到,请换一个。",
    "PASSWORD_BREACHED": "此密码已在数据泄露中公开,请换一个;其他用到它的地方也请更换。",
    "SESSION_OVER": "会话已结束,请重新登录。",
    "WRONG_CODE": "验证码不正确,请输入当前显示的验证码。",
    "TOTP_NEEDED": "该角色需要一次性验证码,请本人先完成绑定。",
    "TOTP_IN_USE": "已启用一次性验证码,请先申请重置。",
    "NO_ENROLMENT": "没有待确认的验证码绑定。",
    "OWN_ROLE": "任何人都不能给自己授予角色。",
    "OWN_ACCOUNT": "此操作不能用于自己的账户。",
    "SEPARATE_DUTIES": "这两个角色不能由同一人担任。",
    "WRONG_HOLDER": "该角色不适用于此类账户。",
    "LAST_ADMINISTRATOR": "这是最后一位管理员,请先由他人担任该角色。",
    "ROLE_OVER": "该角色已经结束。",
    "ACCOUNT_DISABLED": "该账户已停用。",
    "LOGIN_NAME": "登录名为 2 至 64 个字符,不含空格。",
    "LOGIN_NAME_TAKEN": "该登录名已被使用,请换一个。",
    "CREDENTIAL_CHANGED": "账户刚刚发生变化,请重试。",
    "OTHER_DEVICE": "该令牌属于另一台设备。",
    "ALREADY_FOUNDED": "已有管理员,请由他们创建新的管理员。",
}


def in_chinese(refusal: Refusal) -> str | None:
    """The reason's text, else that of its code."""
    return CHINESE.get(refusal.reason) or CHINESE.get(refusal.code)
