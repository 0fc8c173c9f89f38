"""What rules of the kind MEASURE may name: figures of a place, of a device, of the program."""

from dataclasses import dataclass
from enum import StrEnum

from domain.alarms.model import AlarmKind
from domain.measures.now import NowName


class About(StrEnum):
    """What a measure is one of."""

    PLACE = "PLACE"  # a ward or a hospital: domain/measures/now.py
    DEVICE = "DEVICE"  # what a device says about itself
    PROGRAM = "PROGRAM"  # reported by the running program


@dataclass(frozen=True, slots=True)
class KnownMeasure:
    """`unit` is a UCUM code, in which thresholds are given."""

    about: About
    unit: str
    name_zh: str
    name_en: str
    alarm: AlarmKind = AlarmKind.MEASURE


CLOCK_SKEW, BATTERY = "device_clock_skew", "device_battery"
LEDGER_LAG, WRITER_WAITING, DISK_FREE = "ledger_lag", "writer_waiting", "disk_free"
BACKUP_AGE = "backup_age"
READ_ONLY, CIRCUITS_OPEN = "read_only", "circuits_open"
# Of an objective (app/objectives.csv): 1 spends its error budget exactly within its window.
BURN = "burn_"
_BURNS = {
    "availability": ("可用性", "availability"),
    "care_p99": ("写入时延", "time of changes"),
    "screen_p99": ("屏幕时延", "time of screens"),
    "list_p99": ("列表时延", "time of lists"),
    "alarm_latency": ("警报时延", "time from alarm to screen"),
    "ledger_lag": ("账本滞后", "ledger lag"),
    "checkpoint_age": ("检查点时效", "age of the checkpoint"),
    "backup_age": ("备份时效", "age of the backup"),
}

MEASURES: dict[str, KnownMeasure] = {
    NowName.OCCUPANCY: KnownMeasure(About.PLACE, "%", "床位使用率", "Occupancy"),
    NowName.STAFFED_HEADROOM: KnownMeasure(About.PLACE, "{beds}", "有人护理的余量",
                                           "Staffed headroom"),
    NowName.CLEANING_TURNAROUND: KnownMeasure(About.PLACE, "min", "最久未完成的清洁",
                                              "Oldest cleaning"),
    NowName.BOARDING_TIME: KnownMeasure(About.PLACE, "min", "急诊滞留时间", "Boarding time"),
    NowName.TIME_TO_BED: KnownMeasure(About.PLACE, "min", "候床时间", "Time to bed"),
    NowName.WAITING: KnownMeasure(About.PLACE, "{patients}", "候床人数", "Patients waiting"),
    NowName.RATIO_COMPLIANCE: KnownMeasure(About.PLACE, "min", "护患比达标", "Ratio compliance"),
    CLOCK_SKEW: KnownMeasure(About.DEVICE, "s", "设备时钟偏差", "Clock skew", AlarmKind.CLOCK_SKEW),
    BATTERY: KnownMeasure(About.DEVICE, "%", "设备电量", "Battery"),
    LEDGER_LAG: KnownMeasure(About.PROGRAM, "s", "账本滞后", "Ledger lag", AlarmKind.SERVICE),
    WRITER_WAITING: KnownMeasure(About.PROGRAM, "{changes}", "等待写入", "Changes waiting",
                                 AlarmKind.SERVICE),
    DISK_FREE: KnownMeasure(About.PROGRAM, "%", "磁盘剩余", "Disk space left", AlarmKind.SERVICE),
    READ_ONLY: KnownMeasure(About.PROGRAM, "1", "只读状态", "Read-only state", AlarmKind.SERVICE),
    CIRCUITS_OPEN: KnownMeasure(About.PROGRAM, "1", "暂停的外部接收方", "Receivers not tried",
                                AlarmKind.SERVICE),
    BACKUP_AGE: KnownMeasure(About.PROGRAM, "s", "最近备份距今", "Age of the newest backup",
                             AlarmKind.SERVICE),
    **{
        BURN + name: KnownMeasure(About.PROGRAM, "1", f"误差预算消耗:{zh}",
                                  f"Error budget burn: {en}", AlarmKind.SERVICE)
        for name, (zh, en) in _BURNS.items()
    },
}  # fmt: skip
