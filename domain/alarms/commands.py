"""What can be done to alarms: one place to import every command from."""

from domain.alarms.handling import (
    AcknowledgeAlarm,
    AcknowledgeDeviceAlarm,
    ResolveAlarm,
    UnacknowledgeAlarm,
)
from domain.alarms.shelving import SetAlarmLimit, ShelveAlarm, ShelveCriticalAlarm, UnshelveAlarm
from domain.alarms.stepping import AlarmStep, ClearAlarm, FloodStep, RaiseAlarm

__all__ = [
    "AcknowledgeAlarm",
    "AcknowledgeDeviceAlarm",
    "AlarmStep",
    "ClearAlarm",
    "FloodStep",
    "RaiseAlarm",
    "ResolveAlarm",
    "SetAlarmLimit",
    "ShelveAlarm",
    "ShelveCriticalAlarm",
    "UnacknowledgeAlarm",
    "UnshelveAlarm",
]
