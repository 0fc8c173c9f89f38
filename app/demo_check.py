"""The main job from end to end, headless: prints one JSON summary, ends with 1 if a part failed.

Seed, import HL7, hear it live through a real WebSocket, plan, approve, execute, export, verify.
"""

import importlib
import json
import logging
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer

from app.demo_between import pressure_lives, transfer_lives
from app.demo_broker import start_broker
from app.demo_city import HOSPITALS
from app.demo_devices import Monitors
from app.demo_ears import CheckFailed, Ears
from app.demo_forecast import NotForecast, forecast_lives
from app.demo_hl7 import write_batch
from app.demo_roster import NoRoster, roster_lives
from app.demo_run import demo_house
from app.demo_seed import PlacedWard, Seeder
from app.demo_served import Served
from app.demo_silence import NotInTime, silence_lives
from app.demo_team import hire_team
from app.logs import configure
from app.wiring import App, ledger_signer
from audit.export import export_ledger
from audit.verify import verify
from domain.beds.board import bed_board
from domain.places.model import Hospital, RoomKind
from kit.db import open_engine, reading
from kit.work import NETWORK

WAITING = 10
MONITORED = 4
ASK = """mutation Ask($hospital: UUID!, $key: String!) {
  requestBedPlan(hospitalId: $hospital, idempotencyKey: $key) { ... on BedPlan { id } }
}"""
LOOK = """query Look($id: UUID!) {
  bedPlan(id: $id) { plan { state } outcome { status objective gapMillionths wallMs } }
  planItems(planId: $id, first: 100) { nodes { state } }
}"""
APPROVE = """mutation Approve($id: UUID!, $key: String!) {
  approvePlan(planId: $id, idempotencyKey: $key) { __typename ... on BedPlan { state } }
}"""
LOG_IN = """mutation LogIn($name: String!, $password: String!) {
  login(loginName: $name, password: $password) { ... on Tokens { accessToken } }
}"""


def check_main_job(folder: Path, seed: int) -> int:
    """0 if every part passed."""
    configure("error")
    summary: dict[str, Any] = {"passed": False}
    began = time.monotonic()
    try:
        _Check(folder, seed, summary).run()
        summary["passed"] = True
    except CheckFailed as failure:
        summary["failed"] = str(failure)
    except Exception as fault:  # the summary must come, whatever happened
        summary["failed"] = f"fault: {type(fault).__name__}"
        logging.getLogger("wardgrid.demo").error("check failed", exc_info=True)
    summary["seconds"] = round(time.monotonic() - began, 1)
    typer.echo(json.dumps(summary, ensure_ascii=False))
    return 0 if summary["passed"] else 1


class _Check:
    def __init__(self, folder: Path, seed: int, summary: dict[str, Any]) -> None:
        self._folder = folder
        self._seed = seed
        self._summary = summary
        self._broker = start_broker(folder / "broker")
        self._app: App = demo_house(folder, 0, self._broker)
        self._token = ""
        self._tokens: dict[str, str] = {}  # by login name: ten minutes are enough for a check
        self._port = 0
        self._past = 0

    def run(self) -> None:
        seeder = Seeder(self._app, self._seed)
        server = Served(self._app)
        self._port = server.start()
        try:
            self._parts(seeder)
        finally:
            seeder.close()
            server.stop()
            if self._broker:
                self._broker.stop()
        self._ledger()

    def _parts(self, seeder: Seeder) -> None:
        hospital, wards = self._part("seed", lambda: self._seed_city(seeder))
        monitors = Monitors(self._app, seeder, self._broker, self._seed)
        monitors.begin(hospital, wards[0], MONITORED, moody=False)
        self._part("login", lambda: self._log_in(seeder, "bed-manager"))
        ears = Ears(self._port, self._token, wards[0].ward.id)
        self._part("hl7", lambda: self._import(seeder, wards[0]))
        self._part("live", lambda: ears.heard_more_than(1))
        self._part("plan", lambda: self._plan(hospital))
        self._part("live_after_plan", ears.close)
        self._part("forecast", lambda: self._forecast(wards[0]))
        self._part("roster", lambda: self._roster(seeder, hospital, wards[0]))
        self._log_in(seeder, "charge-nurse")
        self._part("devices", lambda: self._devices(hospital, monitors))
        monitors.end()
        self._part("transfer", lambda: self._transfer(seeder, wards[0]))
        self._part("pressure", lambda: self._pressure(seeder, hospital))

    def _part(self, name: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        result = work()
        self._summary.setdefault("parts", {})[name] = round(time.monotonic() - began, 2)
        return result

    def _seed_city(self, seeder: Seeder) -> tuple[Hospital, list[PlacedWard]]:
        plan = HOSPITALS[0]
        seeder.found()
        hospital = seeder.open(plan)
        wards = [seeder.furnish(hospital, ward) for ward in (plan.wards[0], plan.wards[2])]
        for ward in wards:
            seeder.fill(ward)
            self._past += seeder.remember(hospital, ward)
        seeder.wait_for_beds(hospital, wards[0].ward, WAITING)
        seeder.employ(hospital, wards[0].ward)
        return hospital, wards

    def _log_in(self, seeder: Seeder, role: str) -> None:
        self._log_in_as(seeder, next(one.login_name for one in seeder.log_ins if one.role == role))

    def _log_in_as(self, seeder: Seeder, name: str) -> None:
        who = next(one for one in seeder.log_ins if one.login_name == name)
        if name in self._tokens:
            self._token = self._tokens[name]
            return
        self._token = ""
        found = self._ask(LOG_IN, {"name": who.login_name, "password": who.password})
        self._token = self._tokens[name] = found["login"]["accessToken"]

    def _import(self, seeder: Seeder, ward: PlacedWard) -> None:
        batch = self._folder / "batch.hl7"
        sent = write_batch(batch, ward.ward.code, self._free_bed(ward), self._app.clock())
        import_hl7 = importlib.import_module("gateways.hl7_adt").import_hl7
        told = import_hl7(self._app, [batch], HOSPITALS[0].code, actor=seeder.staff)
        again = import_hl7(self._app, [batch], HOSPITALS[0].code, actor=seeder.staff)
        counts = {"applied": told.applied, "duplicate": told.duplicate, "parked": told.parked,
                  "rejected": told.rejected, "total": told.total}  # fmt: skip
        self._summary["hl7"] = counts | {"again_duplicate": again.duplicate}
        if not (told.adds_up and told.total == sent and told.applied == sent):
            raise CheckFailed(f"of {sent} messages {told.applied} were applied")
        if again.duplicate != sent:
            raise CheckFailed("messages sent twice had two effects")

    def _free_bed(self, ward: PlacedWard) -> tuple[str, str]:
        """An empty side room: no rule of company is in the way."""
        now = self._app.clock()
        with reading(self._app.engine) as session:
            board = bed_board(session, (NETWORK,), ward.ward.id, now)
        for bed in board.beds:
            if bed.state == "READY" and bed.room_kind is not RoomKind.BAY:
                return bed.room_code, bed.code
        raise CheckFailed("the seeded ward has no side room free")

    def _plan(self, hospital: Hospital) -> None:
        asked = self._ask(ASK, {"hospital": str(hospital.id), "key": str(uuid4())})
        plan = {"id": asked["requestBedPlan"]["id"]}
        ready = self._until(plan, ("READY",))
        placed = [item for item in ready["planItems"]["nodes"] if item["state"] == "PROPOSED"]
        if ready["bedPlan"]["outcome"]["status"] != "OPTIMAL" or not placed:
            raise CheckFailed("the plan is not optimal or places nobody")
        self._ask(APPROVE, {**plan, "key": str(uuid4())})
        done = self._until(plan, ("EXECUTED", "PARTLY_EXECUTED"))
        executed = [i for i in done["planItems"]["nodes"] if i["state"] == "EXECUTED"]
        self._summary["plan"] = ready["bedPlan"]["outcome"] | {
            "placed": len(placed), "executed": len(executed),
        }  # fmt: skip
        if len(executed) != len(placed):
            raise CheckFailed(f"{len(executed)} of {len(placed)} items were executed")

    def _forecast(self, ward: PlacedWard) -> None:
        """Asked for by a person, made by the program, read with what it was made of."""
        try:
            told = forecast_lives(self._ask, str(ward.ward.hospital_id), str(ward.ward.id))
        except NotForecast as failure:
            raise CheckFailed(str(failure)) from None
        self._summary["forecast"] = {"past_stays": self._past} | told

    def _until(self, plan: dict[str, str], states: tuple[str, ...]) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while True:
            found = self._ask(LOOK, plan)
            if found["bedPlan"]["plan"]["state"] in states:
                return found
            if time.monotonic() > deadline or found["bedPlan"]["plan"]["state"] == "FAILED":
                raise CheckFailed(f"the plan did not become {' or '.join(states)}")
            time.sleep(0.1)

    def _devices(self, hospital: Hospital, monitors: Monitors) -> None:
        """A monitor falls silent; whoever looks after the ward hears of it and answers."""
        try:
            took = silence_lives(self._ask, str(hospital.id), monitors)
        except NotInTime as late:
            raise CheckFailed(str(late)) from None
        self._summary["devices"] = {"over": monitors.over, "monitors": MONITORED} | took

    def _transfer(self, seeder: Seeder, sender: PlacedWard) -> None:
        """A second hospital takes one patient; both decide."""
        plan = HOSPITALS[1]
        other = seeder.open(plan)
        receiver = seeder.furnish(other, plan.wards[0])
        seeder.employ(other)
        log_in = partial(self._log_in_as, seeder)
        done = transfer_lives(self._app, seeder, self._ask, log_in, sender, receiver)
        self._summary["transfer"] = done
        if not done["completed"]:
            raise CheckFailed("the transfer was not completed")

    def _pressure(self, seeder: Seeder, hospital: Hospital) -> None:
        log_in = partial(self._log_in_as, seeder)
        found = pressure_lives(self._app, self._ask, log_in, "staff", hospital)
        self._summary["pressure"] = found
        if (found["level"], found["done"]) != (3, ["HUDDLE"]):
            raise CheckFailed("the declared level is not in force")

    def _roster(self, seeder: Seeder, hospital: Hospital, ward: PlacedWard) -> None:
        """A week of duties for one ward, from the question to what its people are told."""
        day = self._app.clock().date() + timedelta(days=7)
        hire_team(seeder, hospital, ward, self._seed, day)
        self._log_in(seeder, "roster-planner")
        try:
            self._summary["roster"] = roster_lives(
                self._ask, str(hospital.id), str(ward.ward.id), day
            )
        except NoRoster as failure:
            raise CheckFailed(str(failure)) from None

    def _ledger(self) -> None:
        """The app has stopped: the last checkpoint covers everything."""
        began = time.monotonic()
        app, engine = self._app, open_engine(self._app.settings.database)
        key = ledger_signer(app.settings, app.keys).verifier
        out = self._folder / "export"
        manifest = export_ledger(engine, out, key)
        engine.dispose()
        report = verify(out, [key.text])
        self._summary["ledger"] = {"entries": manifest.size, "verdict": report.result.name}
        self._summary["parts"]["ledger"] = round(time.monotonic() - began, 2)
        if report.result.name != "PASS":
            raise CheckFailed("the exported ledger does not verify")

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        body = json.dumps({"query": query, "variables": variables}).encode()
        address = f"http://127.0.0.1:{self._port}/graphql"
        request = urllib.request.Request(address, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            told = json.load(answer)
        if told.get("errors"):
            raise CheckFailed(f"refused: {told['errors'][0].get('extensions', {}).get('code')}")
        data: dict[str, Any] = told["data"]
        return data
