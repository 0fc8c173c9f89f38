"""What a chart says, in Chinese and in English."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    ZH = "ZH"
    EN = "EN"


@dataclass(frozen=True, slots=True)
class ChartTexts:
    percent: str
    beds: str
    open: str
    staffed: str
    occupied: str
    known: str
    as_of: str
    source: str
    step: str
    completeness: str
    minute: str
    hour: str
    day: str
    single: str
    odd: str

    def duration(self, seconds: int) -> str:
        """A step's length in its largest whole unit."""
        for unit, name in ((86_400, self.day), (3600, self.hour)):
            if seconds % unit == 0:
                return f"{seconds // unit} {name}"
        return f"{seconds // 60} {self.minute}"


TEXTS = {
    Language.ZH: ChartTexts(
        "使用率 %", "床位数", "开放", "有人护理", "占用", "完整", "截至", "来源", "步长",
        "数据完整度", "分钟", "小时", "天", "逐条", "存疑数值",
    ),
    Language.EN: ChartTexts(
        "Occupancy %", "Beds", "open", "staffed", "occupied", "known", "As of", "Source", "Step",
        "Completeness", "min", "h", "d", "each reading", "odd values",
    ),
}  # fmt: skip
