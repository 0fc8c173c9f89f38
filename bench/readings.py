"""What a stored reading costs: cleaned, kept, remembered, judged, ledgered and published.

Five metrics a message, 400 messages a batch, 400 devices, as a gateway hands them over. On SQLite
and PostgreSQL; then once more on top of a table that was filled past the program, to see whether
the cost grows with what is stored. One process, one batch at a time: a gateway does several.
"""

import json
import logging
import os
import resource
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from app.jobs import PROGRAM
from app.migrate import upgrade
from app.wiring import App, build
from bench.write_house import databases
from domain.devices.model import DeviceKind, Protocol
from domain.devices.registering import RegisterDevice
from domain.places.commands import OpenHospital, OpenWard
from domain.readings.retention import MakeReadingDays
from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings
from kit.clock import microseconds, utc_now
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import KEYS, enrol, settings_for

DEVICES, METRICS = 400, ("hr", "spo2", "rr", "temp", "etco2")
BATCHES = 25
FILLED = {"sqlite": (1_000_000, 5_000_000), "postgresql": (1_000_000, 8_000_000)}
MAKERS = ("system-administrator", "device-technician")
Figures = dict[str, Any]


class Ward:
    """One hospital with 400 monitors, and batches of what they measure."""

    def __init__(self, url: str, folder: Path) -> None:
        folder.mkdir()
        upgrade(url)
        self.url = url
        actor = Actor(enrol(url, *MAKERS).id, ActorKind.SERVICE, session=new_id())
        self.app: App = build(settings_for(url, folder), keys=KEYS)
        self.app.start(jobs=False)
        run = self.app.pipeline.run
        hospital = run(actor, OpenHospital(code="N", name_zh="北", name_en="N")).result
        run(actor, OpenWard(hospital_id=hospital.id, code="A", name_zh="A", name_en="A",
                            licensed_beds=8, staffed_beds=8))  # fmt: skip
        self.hospital: UUID = hospital.id
        self.devices = [
            run(actor, RegisterDevice(
                hospital_id=hospital.id, code=f"m{n}", kind=DeviceKind.MONITOR,
                protocol=Protocol.MQTT,
            )).result.device.id
            for n in range(DEVICES)
        ]  # fmt: skip
        if url.startswith("postgresql"):
            run(PROGRAM, MakeReadingDays())
        self._at = utc_now() - timedelta(seconds=60)

    def batch(self) -> StoreReadings:
        """One message of each device, a millisecond after the one before."""
        self._at += timedelta(milliseconds=1)
        return StoreReadings(hospital_id=self.hospital, messages=tuple(
            DeviceMessage(device, utc_now(), _values(number, self._at))
            for number, device in enumerate(self.devices)
        ))  # fmt: skip

    def store(self, batches: int) -> Figures:
        """Rate and cost of so many batches."""
        readings, wall, cpu = batches * DEVICES * len(METRICS), 0.0, 0.0
        for _ in range(batches):
            command = self.batch()
            began, used = time.perf_counter(), time.process_time()
            assert self.app.pipeline.run(PROGRAM, command).result.adds_up
            wall += time.perf_counter() - began
            cpu += time.process_time() - used
        return {
            "readings": readings,
            "readings_per_s": round(readings / wall),
            "us_per_reading": round(wall / readings * 1e6, 1),
            "us_process_per_reading": round(cpu / readings * 1e6, 1),
        }

    def age(self) -> None:
        """As if the devices had been here for longer than a minute."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE channel SET opened = 0"))
        engine.dispose()

    def fill(self, rows: int) -> None:
        """So many readings an hour and more ago, past the program, spread over the channels."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            channels = list(
                connection.execute(text("SELECT id FROM channel ORDER BY id")).scalars()
            )
            each, before = rows // len(channels), microseconds(utc_now()) - 3_600_000_000
            insert = (
                "INSERT INTO reading (channel_id, at, received, stored, value, quality)"
                " SELECT c.id, CAST(:before AS bigint) - CAST(n AS bigint) * 1000000, 0, 0, 80, 0"
                " FROM channel c"
            )
            if engine.dialect.name == "postgresql":
                numbers = f" CROSS JOIN generate_series(1, {each}) n"
            else:
                numbers = (
                    " CROSS JOIN (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
                    f" WHERE n < {each}) SELECT n FROM s)"
                )
            connection.execute(
                text(f"{insert}{numbers} WHERE true ON CONFLICT DO NOTHING"), {"before": before}
            )
        engine.dispose()


def main() -> None:
    """Print the figures as JSON."""
    logging.disable()
    result: Figures = {"bench": "readings", "load_before": os.getloadavg()[0]}
    with databases() as made:
        for kind in ("sqlite", "postgresql"):
            result[kind] = _measured(kind, made.urls[kind], Path(made.folder, kind))
    print(json.dumps(result, indent=2))


def _measured(kind: str, url: str, folder: Path) -> Figures:
    ward = Ward(url, folder)
    figures: Figures = {"first": ward.store(2)}
    ward.age()
    ward.store(2)
    figures["empty"] = ward.store(BATCHES)
    before, there = _memory(), 0
    for rows in FILLED[kind]:
        ward.fill(rows - there)
        there = rows
        ward.store(2)  # the caches of the database are not what is measured
        figures[f"on_{rows // 1_000_000}_million"] = ward.store(BATCHES)
    figures["memory_growth_mib"] = round(_memory() - before, 1)
    ward.app.stop()
    return figures


def _values(number: int, at: datetime) -> tuple[Raw, ...]:
    return tuple(
        Raw(metric, value + number % 7, unit, at)
        for metric, value, unit in zip(METRICS, (75.0, 90.0, 14.0, 96.0, 35.0),
                                       ("bpm", "%", "/min", "Deg. F", "mmHg"), strict=True)
    )  # fmt: skip


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
