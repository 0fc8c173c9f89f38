"""Several gateways at once: each value once, no batch refused, ledger and feed in order."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from app.jobs import PROGRAM
from app.tail import Change
from app.wiring import App, ledger_signer
from audit.export import export_ledger
from audit.report import Result
from audit.verify import verify
from domain.devices.model import DeviceKind
from domain.devices.registering import RegisterDevice, UpdateDevice
from domain.places.commands import OpenHospital
from domain.telemetry.commands import DeviceMessage, Raw, Stored, StoreReadings
from kit.clock import utc_now
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import KEYS, enrol, house, settings_for, sign

GATEWAYS, BATCHES, DEVICES = 4, 8, 12


def test_gateways_that_share_devices_store_each_value_once(
    database_url: str, tmp_path: Path
) -> None:
    made = enrol(database_url, "system-administrator", "device-technician")
    staff = Actor(made.id, ActorKind.SERVICE, session=new_id())
    with house(database_url, tmp_path) as app:
        hospital, devices = _furnish(app, staff)
        heard: list[Change] = []
        app.feed.listen(heard.extend)
        given = _batches(hospital, devices)
        done = _all_at_once(app, staff, devices, given)
        total: Counter[str] = Counter()
        for one in done:
            assert one.adds_up
            total.update(received=one.received, stored=one.stored, duplicate=one.duplicate)
        distinct = {(m.device_id, m.raws[0].at) for batch in given for m in batch.messages}
        assert total["stored"] == len(distinct)
        assert total["received"] == total["stored"] + total["duplicate"]
        with app.engine.connect().execution_options(readonly=True) as connection:
            kept = connection.execute(text("SELECT count(*) FROM reading")).scalar_one()
            messages = connection.execute(text("SELECT sum(messages) FROM device_status"))
            assert (kept, messages.scalar_one()) == (len(distinct), total["received"])
            told = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
            connection.rollback()
        writing = sum(one.stored > 0 for one in done)  # batches, each with one event
        _wait(lambda: len([c for c in heard if c.name == "ReadingsStored"]) == writing)
        positions = [change.position for change in heard]
        assert positions == sorted(set(positions))
        assert len(heard) <= told
        sign(app)
        signer = ledger_signer(settings_for(database_url, tmp_path), KEYS)
        export_ledger(app.engine, tmp_path / "export", signer.verifier, durable=False)
        assert verify(tmp_path / "export", [signer.verifier.text]).result == Result.PASS


def _furnish(app: App, staff: Actor) -> tuple[UUID, list[UUID]]:
    run = app.pipeline.run
    hospital = run(staff, OpenHospital(code="N", name_zh="北", name_en="N")).result.id
    devices = [
        run(staff, RegisterDevice(hospital_id=hospital, code=f"m{n}", kind=DeviceKind.MONITOR))
        .result.device.id
        for n in range(DEVICES)
    ]  # fmt: skip
    return hospital, devices


def _batches(hospital: UUID, devices: Sequence[UUID]) -> list[StoreReadings]:
    """Each message twice, in other batches and another order."""
    now, chance = utc_now(), random.Random(7)
    sent = [
        DeviceMessage(device, now, (Raw("hr", 60.0 + n, "bpm", now - timedelta(seconds=n)),))
        for device in devices
        for n in range(10)
    ] * 2
    chance.shuffle(sent)
    size = len(sent) // (GATEWAYS * BATCHES) + 1
    return [
        StoreReadings(hospital_id=hospital, messages=tuple(sent[start : start + size]))
        for start in range(0, len(sent), size)
    ]


def _all_at_once(
    app: App, staff: Actor, devices: Sequence[UUID], given: Sequence[StoreReadings]
) -> list[Stored]:
    done: list[Stored] = []
    faults: list[BaseException] = []

    def gateway(mine: Sequence[StoreReadings]) -> None:
        try:
            for batch in mine:
                done.append(app.pipeline.run(PROGRAM, batch).result)
                device = devices[len(done) % DEVICES]  # somebody works on the same devices
                app.pipeline.run(staff, UpdateDevice(device_id=device, model=f"M{len(done)}"))
        except BaseException as fault:
            faults.append(fault)

    threads = [
        threading.Thread(target=gateway, args=(given[n::GATEWAYS],)) for n in range(GATEWAYS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    return done


def _wait(until: Callable[[], bool]) -> None:
    for _ in range(600):
        if until():
            return
        time.sleep(0.05)
    raise AssertionError("the feed told something else")
