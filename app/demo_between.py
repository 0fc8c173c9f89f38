"""The check's part between hospitals: a patient is transferred, and a level of pressure declared.

Everything through GraphQL, as the bed managers of the two hospitals and a house supervisor.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from app.demo_seed import PlacedWard, Seeder
from app.wiring import App
from domain.beds.board import bed_board
from domain.places.model import Hospital, RoomKind
from kit.db import reading
from kit.work import NETWORK

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
LogIn = Callable[[str], None]

CONSENT = """mutation Consent($encounter: UUID!, $key: String!) {
  done: recordConsent(encounterId: $encounter, given: true, idempotencyKey: $key) {
    ... on Consent { word } ... on Problem { reason }
  }
}"""
REQUEST = """mutation Request($encounter: UUID!, $to: UUID!, $key: String!) {
  done: requestTransfer(encounterId: $encounter, toHospitalId: $to, reason: CAPACITY,
                        urgency: URGENT, idempotencyKey: $key) {
    ... on Transfer { id state } ... on Problem { reason }
  }
}"""
HOLD = """mutation Hold($request: UUID!, $bed: UUID!, $until: DateTime!, $key: String!) {
  done: holdBed(requestId: $request, bedId: $bed, expiresAt: $until, idempotencyKey: $key) {
    ... on Hold { id } ... on Problem { reason }
  }
}"""
DECLARE = """mutation Declare($hospital: UUID!, $until: DateTime!, $key: String!) {
  done: declarePressure(hospitalId: $hospital, level: 3, reason: DEMAND, endsAt: $until,
                        idempotencyKey: $key) {
    ... on PressureDeclaration { id level suggested } ... on Problem { reason }
  }
}"""
TICK = """mutation Tick($declaration: UUID!, $key: String!) {
  done: tickCard(declarationId: $declaration, card: "HUDDLE", idempotencyKey: $key) {
    ... on CardTick { card } ... on Problem { reason }
  }
}"""
LOOK = """query Look($hospital: UUID!) {
  pressure(hospitalId: $hospital) { level suggested actions { card { code } doneAt } }
}"""


def transfer_lives(
    app: App, seeder: Seeder, ask: Ask, log_in: LogIn, sender: PlacedWard, receiver: PlacedWard
) -> dict[str, Any]:
    """From the request to the completion; the states that the transfer went through."""
    encounter = str(seeder.arrive(sender.ward.hospital_id, sender.ward.id).id)
    here, there = (f"bed-manager-{one}" for one in ("rh", "eg"))
    log_in(here)
    _do(ask, CONSENT, encounter=encounter)
    to = str(receiver.ward.hospital_id)
    asked = _do(ask, REQUEST, encounter=encounter, to=to)
    states = [asked["state"]]
    transfer = asked["id"]
    log_in(there)
    accepted = _step(ask, "acceptTransfer", transfer)
    until = (app.clock() + timedelta(hours=1)).isoformat()
    _do(ask, HOLD, request=accepted["requestId"], bed=_free_bed(app, receiver), until=until)
    log_in(here)
    left = _step(ask, "dispatchTransfer", transfer)
    log_in(there)
    came = _step(ask, "arriveTransfer", transfer)
    done = _step(ask, "completeTransfer", transfer)
    states += [one["state"] for one in (accepted, left, came, done)]
    return {"states": states, "completed": done["state"] == "COMPLETED"}


def pressure_lives(
    app: App, ask: Ask, log_in: LogIn, supervisor: str, hospital: Hospital
) -> dict[str, Any]:
    """A level is declared, and one of its cards seen to."""
    log_in(supervisor)
    until = (app.clock() + timedelta(hours=4)).isoformat()
    declared = _do(ask, DECLARE, hospital=str(hospital.id), until=until)
    _do(ask, TICK, declaration=declared["id"])
    found = ask(LOOK, {"hospital": str(hospital.id)})["pressure"]
    done = [one["card"]["code"] for one in found["actions"] if one["doneAt"]]
    return {"level": found["level"], "suggested": declared["suggested"], "done": done}


def _step(ask: Ask, name: str, transfer: str) -> dict[str, Any]:
    text = f"""mutation Step($transfer: UUID!, $key: String!) {{
      done: {name}(transferId: $transfer, idempotencyKey: $key) {{
        ... on Transfer {{ id state requestId }} ... on Problem {{ reason }}
      }}
    }}"""
    return _do(ask, text, transfer=transfer)


def _do(ask: Ask, text: str, **given: str) -> dict[str, Any]:
    done: dict[str, Any] = ask(text, {**given, "key": str(uuid4())})["done"]
    return done


def _free_bed(app: App, placed: PlacedWard) -> str:
    """An empty side room."""
    with reading(app.engine) as session:
        board = bed_board(session, (NETWORK,), placed.ward.id, app.clock())
    free = (bed for bed in board.beds if bed.state == "READY" and bed.room_kind is not RoomKind.BAY)
    return str(next(free).id)
