"""What each code of a transfer plan is called on a screen, in Chinese and English."""

from collections.abc import Mapping

from solvers.rule_texts import Language

TRANSFER_TEXTS: Mapping[str, tuple[str, str]] = {
    # hard rules
    "ACCEPTING": ("该医院暂不接收外来患者", "Hospital takes nobody from outside"),
    "LEVEL_OF_CARE": ("护理级别不足", "Level of care too low"),
    "SPECIALTY": ("医院无此专科", "Hospital does not treat the specialty"),
    "EQUIPMENT": ("缺少必需设备", "Required equipment missing"),
    "CONSENT": ("患者不同意转院", "Patient refused another hospital"),
    "NOT_DECLINED": ("该医院已拒收此患者", "Hospital declined this patient"),
    "MUST_LEAVE": ("患者须离开现医院", "Patient has to leave this hospital"),
    "TRAVEL_KNOWN": ("路程时间未知", "Length of the way unknown"),
    "LATEST_TIME": ("无法按时送达", "Cannot arrive in time"),
    "STAFFED_CAPACITY": ("无可用的有人护理床位", "No staffed bed to spare"),
    # why a patient waits
    "GIVEN_TO_OTHERS": ("床位已分配给其他患者", "Beds given to others"),
    "NOT_WORTH_IT": ("总体代价高于等待", "Dearer for all together than waiting"),
    # soft rules
    "TRAVEL": ("路程时间", "Travel time"),
    "FAMILY_DISTANCE": ("家属探视路程", "Way for the family"),
    "MOVE": ("转院", "Moved to another hospital"),
    "CONTINUITY": ("非原就诊医院", "Not the hospital that knows the patient"),
    "CONSENT_NOT_ASKED": ("尚未征求患者同意", "Consent still to be asked for"),
    "CHANGED_AFTER_TOLD": ("与已告知患者的医院不同", "Not the hospital the patient was told of"),
    "CARE_ABOVE_NEED": ("护理级别高于所需", "More care than needed"),
    "LOAD": ("医院负荷", "Load of the hospital"),
    "NEED_UNMET": ("所在医院不能满足需要", "Need not met where the patient is"),
    "WAITS": ("等待床位", "Waits for a place"),
}


def transfer_text(code: str, language: Language) -> str:
    """The text of a code of a transfer plan."""
    chinese, english = TRANSFER_TEXTS[code]
    return chinese if language == "zh-CN" else english
