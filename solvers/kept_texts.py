"""What each hard rule is called where it is kept: `rule_texts` says what is wrong where it is not.

Of bed, admission, transfer and care plans alike: a code means the same wherever it stands.
"""

from collections.abc import Mapping

KEPT_TEXTS: Mapping[str, tuple[str, str]] = {
    # the bed and its room
    "BED_READY": ("床位可用", "Bed is ready"),
    "REQUIRED_EQUIPMENT": ("必需设备齐全", "Required equipment is there"),
    "TARGET_WARD": ("在所要求的病区", "In the ward asked for"),
    "LEVEL_OF_CARE": ("护理级别足够", "Level of care suffices"),
    "AGE_LIMITS": ("符合病区年龄限制", "Within the ward's age limits"),
    "WARD_SEX": ("符合病区性别", "Ward suits the patient's sex"),
    "SIDE_ROOM": ("符合单间要求", "Side-room requirement is met"),
    "ISOLATION": ("满足隔离要求", "Isolation is met"),
    "ROOM_SEX": ("房间性别相符", "Room suits the patient's sex"),
    "CO_BLOCKING": ("不受同室隔离影响", "Nobody's isolation stands in the way"),
    "STAFFED_CAPACITY": ("在有人护理的床位数之内", "Within the staffed beds"),
    # a horizon of days
    "REQUIRED_PROPERTY": ("房间具备必需条件", "Room has what is required"),
    "MIXED_SEX": ("同室性别一致", "One sex in the room"),
    "ISOLATION_ROOM": ("房间适合隔离", "Room suits the isolation"),
    "BEDS": ("每晚有床", "A bed in every night"),
    "PREFERRED_PROPERTY": ("满足房间偏好", "Room has what is wished for"),
    "ROOM_SIZE": ("房间大小如愿", "Room no larger than wished"),
    "WARD_SPECIALTY": ("病区有此专科", "Ward treats the specialty"),
    "WARD_SECOND_SPECIALTY": ("病区首要专科", "The ward's first specialty"),
    "ROOM_SPECIALTY": ("房间适合该专科", "Room is equipped for the specialty"),
    "ROOM_SECOND_SPECIALTY": ("房间首要专科", "The room's first specialty"),
    "COHORT_BAY": ("未在多人间隔离", "No isolation in a bay"),
    "THEATRE_TIME": ("手术时间足够", "Theatre time suffices"),
    # another hospital
    "ACCEPTING": ("该医院接收外来患者", "Hospital takes patients from outside"),
    "SPECIALTY": ("有此专科", "The specialty is there"),
    "EQUIPMENT": ("必需设备齐全", "Required equipment is there"),
    "CONSENT": ("患者未拒绝转院", "Patient has not refused"),
    "NOT_DECLINED": ("该医院未拒收", "Hospital has not declined"),
    "MUST_LEAVE": ("符合须离院的要求", "Leaves as has to be"),
    "TRAVEL_KNOWN": ("路程时间已知", "Length of the way is known"),
    "LATEST_TIME": ("能按时送达", "Arrives in time"),
    # a doctor for a patient
    "ON_DUTY": ("医生在岗", "Doctor is on duty"),
    "EXCLUDED": ("未被排除", "Doctor is not excluded"),
}


def kept_text(code: str) -> tuple[str, str]:
    """The Chinese and the English text; the code itself where nothing better is known."""
    return KEPT_TEXTS.get(code, (code, code))
