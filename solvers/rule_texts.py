"""What each code of a bed plan is called on a screen, in Chinese and English."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh-CN", "en"]

TEXTS: Mapping[str, tuple[str, str]] = {
    # hard rules
    "BED_READY": ("床位尚不可用", "Bed not ready"),
    "REQUIRED_EQUIPMENT": ("缺少必需设备", "Required equipment missing"),
    "TARGET_WARD": ("不在指定病区", "Not in the ward asked for"),
    "LEVEL_OF_CARE": ("护理级别不足", "Level of care too low"),
    "AGE_LIMITS": ("不符合病区年龄限制", "Outside the ward's age limits"),
    "WARD_SEX": ("病区性别不符(强制)", "Ward is for the other sex (binding)"),
    "SIDE_ROOM": ("不符合单间要求", "Side-room requirement not met"),
    "ISOLATION": ("不满足隔离要求", "Isolation needs another kind of room or a cohort"),
    "ROOM_SEX": ("房间性别不符", "Room is used by the other sex"),
    "CO_BLOCKING": ("同室隔离,床位连带封锁", "Blocked by isolation in the same room"),
    "STAFFED_CAPACITY": ("超出病区有人护理的床位数", "No staffed bed left in the ward"),
    "ONE_PATIENT_PER_BED": ("患者多于床位", "More patients than beds"),
    # rules of a horizon
    "REQUIRED_PROPERTY": ("房间缺少必需条件", "Room lacks what is required"),
    "MIXED_SEX": ("男女同室", "Women and men in one room"),
    "ISOLATION_ROOM": ("房间不适合隔离", "Room does not suit the isolation"),
    "PREFERRED_PROPERTY": ("未满足房间偏好", "Room lacks what is wished for"),
    "ROOM_SIZE": ("房间床位数多于所愿", "Room larger than wished"),
    "WARD_SPECIALTY": ("计划病区无此专科", "Planned ward does not treat the specialty"),
    "WARD_SECOND_SPECIALTY": (
        "非计划病区首要专科",
        "Not the planned ward's first specialty",
    ),
    "ROOM_SPECIALTY": ("房间不属于该专科", "Room is not equipped for the specialty"),
    "ROOM_SECOND_SPECIALTY": ("非房间首要专科", "Not the room's first specialty"),
    "COHORT_BAY": ("多人间用于隔离", "Isolation in a bay"),
    "DELAY": ("入院推迟", "Later than the earliest date"),
    "TOLD_DATE": ("更改已告知的日期", "Another date than was told"),
    "TOLD_WARD": ("更改已告知的病区", "Another ward than was told"),
    "TOLD_ROOM": ("更改已告知的房间", "Another room than was told"),
    "BUFFER_USED": ("占用急诊预留床位", "Uses beds kept for emergencies"),
    "BEDS": ("当期无空床", "No bed free in those nights"),
    "THEATRE_TIME": ("手术时间不足", "Not enough theatre time"),
    "DATES": ("不在所给日期范围内", "Outside the dates that were given"),
    # why beds were not given
    "GIVEN_TO_OTHERS": ("已分配给更优先的患者", "Given to patients it is worth more for"),
    "NOT_WORTH_IT": ("使用后总体代价更高", "Dearer for all together than waiting"),
    "NO_CHAIN": ("没有可行的转床方案", "No chain of moves frees a suitable bed"),
    "BED_READY:OCCUPIED": ("有人占用", "Occupied"),
    "BED_READY:HELD": ("已预留", "Held for someone else"),
    "BED_READY:BLOCKED": ("已封床", "Blocked"),
    "BED_READY:CLOSED": ("已关闭", "Closed"),
    "BED_READY:DIRTY": ("待清洁", "Waiting to be cleaned"),
    "BED_READY:CLEANING": ("清洁中", "Being cleaned"),
    "BED_READY:CONTAMINATED": ("已污染,待终末消毒", "Contaminated"),
    # soft rules
    "IMMUNOSUPPRESSED_NO_SIDE_ROOM": ("免疫抑制患者未住单间", "Immunosuppressed, no side room"),
    "WRONG_SEX_WARD": ("异性病区", "Ward of the other sex"),
    "MIXED_BAY": ("男女混住多人间", "Mixed-sex bay"),
    "FALLS_RISK_SIDE_ROOM": ("跌倒风险患者住单间", "Falls risk in a side room"),
    "NO_SUPERVISION": ("床位不在护士视线内", "Bed out of sight of staff"),
    "INFECTION_NO_SIDE_ROOM": ("感染患者未住单间", "Infection, no side room"),
    "END_OF_LIFE_NO_SIDE_ROOM": ("临终患者未住单间", "End of life, no side room"),
    "OUTLIER_SPECIALTY": ("病区无此专科", "Ward does not treat the specialty"),
    "SECOND_SPECIALTY": ("非病区首要专科", "Not the ward's own specialty"),
    "PREFERENCE_MISSED": ("未满足偏好(设备或房型)", "Preferred equipment or room missed"),
    "TRANSFER": ("需转床", "Patient is moved"),
    "MANY_MOVES": ("住院期间转床过多", "Too many moves in this stay"),
    "CARE_ABOVE_NEED": ("护理级别高于所需", "More care than needed"),
    # personal preferences
    "PREFERS_ROOM": ("未满足患者的房型意愿", "Not the kind of room the patient wishes"),
    "PREFERS_LANGUAGE": (
        "病区无人讲患者的语言",
        "Nobody in the ward speaks the patient's language",
    ),
    "PREFERS_NURSE_SEX": ("病区没有患者希望性别的护士", "No nurse of the sex the patient wishes"),
    "PREFERS_NEAR_FAMILY": ("家属路程超过期望", "Farther for the family than wished"),
}


def rule_text(code: str, language: Language) -> str:
    """The text of a rule's or reason's code; a bed's own code reads as its bed rule."""
    chinese, english = TEXTS.get(code) or TEXTS[code.partition(":")[0]]
    return chinese if language == "zh-CN" else english


def count_text(code: str, beds: int, short_by: int | None, language: Language) -> str:
    """`Room is used by the other sex: 12 beds`, with what is missing where that is counted."""
    what = rule_text(code, language)
    if language == "zh-CN":
        missing = "" if short_by is None else f",缺 {short_by} 张"
        return f"{what}:{beds} 张床{missing}"
    missing = "" if short_by is None else f", short by {short_by}"
    return f"{what}: {beds} {'bed' if beds == 1 else 'beds'}{missing}"
