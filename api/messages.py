"""Chinese texts of refusals, by reason code. Ids, times and codes stand in the other fields."""

from kit.errors import Refusal

CHINESE: dict[str, str] = {
    "NOT_FOUND": "没有找到该记录,或您无权查看。",
    "DENIED": "您的角色不允许此操作。",
    "INVALID": "输入有误,请检查所指字段。",
    "CONFLICT": "当前状态不允许此操作。",
    "STALE_VERSION": "记录已被他人修改,请刷新后重试。",
    "LOST_A_RACE": "他人的修改先一步完成,请刷新后重试。",
    "IN_FLIGHT": "相同的请求正在处理,请稍后重发。",
    "KEY_REUSED": "该幂等键已用于其他内容,请换一个新的键。",
    "STOPPING": "服务正在停止,请重新发送请求。",
}


def in_chinese(refusal: Refusal) -> str | None:
    """The reason's text, else that of its code."""
    return CHINESE.get(refusal.reason) or CHINESE.get(refusal.code)
