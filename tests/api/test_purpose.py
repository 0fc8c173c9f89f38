"""For what somebody reads: stated from a closed list, asked for where the policy says so."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import orjson
import pytest

from api.program import serve
from authz.rules import PolicyBroken
from authz.shipped import POLICY_FILE, read_policy
from kit.purpose import STATED
from kit.work import Actor, Scope
from tests.api.test_access_log import log_of
from tests.databases import Databases
from tests.edge.screen import Screen
from tests.edge.serving import served
from tests.fhir.world import _token
from tests.house import house, sign
from tests.matrix.city import fill
from tests.matrix.corner import City, Corner

NAMES = "query ($p: UUID!) { patient(id: $p) { familyNameEn } }"
BOARD = "subscription ($w: UUID!) { bedBoardChanged(wardId: $w) { board { beds { code } } } }"
ALLOWED = ["HOPERAT", "HQUALIMP", "PUBHLTH", "TREAT"]


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("purpose")
    with databases.migrated("sqlite") as url, house(url, folder) as app:
        yield fill(app, url, ["EAST"], ["A"])


@pytest.fixture
def corner(city: City) -> Corner:
    return city.corners["EAST/A"]


@pytest.fixture
def control(city: City, corner: Corner) -> Actor:
    return city.enrol("infection-control", scope=Scope(corner.ids["hospital"]))


def ask(
    city: City, actor: Actor, patient: Any, header: str | None = None, extension: str | None = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {_token(city, actor)}"}
    body: dict[str, Any] = {"query": NAMES, "variables": {"p": str(patient)}}
    if header:
        headers["Purpose-Of-Use"] = header
    if extension:
        body["extensions"] = {"purposeOfUse": extension}

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=serve(city.app))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post("/graphql", json=body, headers=headers)

    answer = anyio.run(send)
    sign(city.app)
    return answer


def entries(city: City, actor: Actor) -> list[dict[str, Any]]:
    with city.app.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM ledger_entry ORDER BY id")
        bodies = [orjson.loads(bytes(body)) for (body,) in rows]
    return [body for body in bodies if body["actor"]["id"] == str(actor.id)]


def test_a_read_without_the_purpose_that_the_policy_wants_is_refused_on_record(
    city: City, corner: Corner, control: Actor
) -> None:
    for wrong in (None, "HRESCH"):
        answer = ask(city, control, corner.ids["patient"], wrong).json()
        assert answer["data"] is None
        told = answer["errors"][0]["extensions"]
        assert (told["code"], told["reason"]) == ("DENIED", "PURPOSE_REQUIRED")
        assert (told["field"], told["allowed"]) == ("purposeOfUse", ALLOWED)
        entry = entries(city, control)[-1]
        assert (entry["action"], entry["outcome"]) == ("patient.read", "denied")
        assert dict(entry["notes"])["reason"] == "PURPOSE_REQUIRED"
        assert (entry["subjects"], entry["fields"]) == ([], [])


@pytest.mark.parametrize("by", ["header", "extension"])
def test_a_stated_purpose_stands_in_the_entry_and_in_the_patients_log(
    city: City, corner: Corner, control: Actor, by: str
) -> None:
    answer = ask(city, control, corner.ids["patient"], **{by: "PUBHLTH"}).json()
    assert answer["data"]["patient"]["familyNameEn"]
    entry = entries(city, control)[-1]
    assert (entry["outcome"], entry["purpose"]) == ("done", "PUBHLTH")
    newest = log_of(city, corner.ids["patient"])["nodes"][0]
    assert (newest["actorId"], newest["purpose"]) == (str(control.id), "PUBHLTH")


def test_who_also_reads_by_a_role_that_is_not_asked_need_not_say(
    city: City, corner: Corner
) -> None:
    both = city.enrol("infection-control", "bed-manager", scope=Scope(corner.ids["hospital"]))
    assert ask(city, both, corner.ids["patient"]).json()["data"]["patient"]["familyNameEn"]
    assert entries(city, both)[-1]["purpose"] == "TREAT"
    ask(city, both, corner.ids["patient"], "PATRQT")
    assert entries(city, both)[-1]["purpose"] == "PATRQT"


@pytest.mark.parametrize(
    ("header", "extension"),
    [("CURIOSITY", None), ("ETREAT", None), (None, "treat"), ("TREAT", "PUBHLTH")],
)
def test_a_purpose_that_is_not_on_the_list_is_refused_before_anything_is_read(
    city: City, corner: Corner, control: Actor, header: str | None, extension: str | None
) -> None:
    before = len(entries(city, control))
    answer = ask(city, control, corner.ids["patient"], header, extension)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "PURPOSE_UNKNOWN"
    assert "CURIOSITY" not in answer.text
    assert len(entries(city, control)) == before


def test_a_subscription_states_its_purpose_in_its_own_message(city: City, corner: Corner) -> None:
    """Two views of one person on one socket, for two purposes: neither is the other's."""
    app, ward = city.app, corner.ids["ward"]
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    token = _token(city, manager)
    query = BOARD.replace("code }", "code stay { initials } }")
    with served(serve(app)) as port, Screen(port, user=None) as screen:
        screen.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert screen.receive() == {"type": "connection_ack"}
        for key, code in (("1", "HOPERAT"), ("2", "PUBHLTH"), ("3", "CURIOSITY")):
            payload = {"query": query, "variables": {"w": str(ward)},
                       "extensions": {"purposeOfUse": code}}  # fmt: skip
            screen.send(type="subscribe", id=key, payload=payload)
            answer = screen.receive()
            assert answer["type"] == ("error" if code == "CURIOSITY" else "next"), answer
    starts = [one["purpose"] for one in entries(city, manager) if one["action"] == "view.start"]
    assert starts == ["HOPERAT", "PUBHLTH"]


def test_the_policy_file_asks_only_holders_of_the_right_and_for_known_purposes() -> None:
    text = POLICY_FILE.read_text("utf-8")
    for line in ("u, nurse, ledger.read, TREAT", "u, nurse, patient.read, ETREAT",
                 "u, nurse, patient.read, WHIM", "u, nurse, patient.read"):  # fmt: skip
        with pytest.raises(PolicyBroken):
            read_policy(f"{text}\n{line}\n")
    asked = read_policy(f"{text}\nu, nurse, patient.read, TREAT\n")
    assert asked.revision != read_policy(text).revision
    assert "ETREAT" not in STATED
