"""Readings per second from devices through a real MQTT broker into the database, end to end.

Everything shares this machine: senders, broker, the program and, on PostgreSQL, its server. A
message has four entries of five values, each of which a published rule judges. Memory is that of
the program, after a first part and after the last.
"""

import json
import os
import resource
import time
from pathlib import Path

from bench.mqtt_house import METRICS, MqttHouse, mqtt_house, senders, wait_for
from bench.write_house import databases

DEVICES, ENTRIES = 10, 4
PER_MESSAGE = ENTRIES * len(METRICS)
GOALS = {"postgresql": 20_000, "sqlite": 10_000}
WARM_UP, MEASURED = 30, 1_200  # messages of each device


def main() -> dict[str, object]:
    with databases() as made:
        return {
            kind: _measured(made.urls[kind], Path(made.folder) / f"mqtt-{kind}", GOALS[kind])
            for kind in ("postgresql", "sqlite")
        } | {"devices": DEVICES, "readings_per_message": PER_MESSAGE, "qos": 1}


def _measured(url: str, folder: Path, goal: int) -> dict[str, object]:
    messages = int(os.environ.get("BENCH_MESSAGES", MEASURED))
    with mqtt_house(url, folder, DEVICES) as house:
        _send(house, WARM_UP, 0, 700)
        first = WARM_UP * DEVICES * PER_MESSAGE
        begun, ours = _resident_mib(), resource.getrusage(resource.RUSAGE_SELF)
        seconds = _send(house, messages, first, 600)
        used = resource.getrusage(resource.RUSAGE_SELF)
        readings = messages * DEVICES * PER_MESSAGE
        stored = house.stored()
        cpu = used.ru_utime + used.ru_stime - ours.ru_utime - ours.ru_stime
        return {
            "readings_per_s": round(readings / seconds),
            "of_goal": round(readings / seconds / goal, 2),
            "readings": readings,
            "all_stored": stored >= readings,
            "program_us_per_reading": round(cpu / readings * 1e6, 1),
            "batches": int(house.door.counts.batches._value.get()),
            "memory_mib": [begun, _resident_mib()],
        }


def _send(house: MqttHouse, messages: int, before: int, ago_s: int) -> float:
    """Seconds from the first message to the last row."""
    plan = {"messages": messages, "entries": ENTRIES, "per_second": 0, "ago_s": ago_s}
    with senders(house.broker.port, house.ward.secrets, plan) as process:
        assert process.stdin is not None
        begun = time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        wanted = before + messages * DEVICES * PER_MESSAGE
        return wait_for(house, wanted, 60) - begun


def _resident_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
