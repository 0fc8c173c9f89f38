"""API, worker and sequencer as processes of their own: each does its part and no other."""

from pathlib import Path

import httpx
from typer.testing import CliRunner

from app.cli import app
from app.parts import Part
from tests.faults.serving import Served, make_folder
from tests.processes.conftest import Serve
from tests.processes.ward import Desk, Screen, metric, until

PATIENCE_S = 30  # by day the machine does much else


def test_every_part_does_its_own_and_nothing_else(serve: Serve, desk: Desk) -> None:
    first, second = serve(Part.SEQUENCER), serve(Part.SEQUENCER)
    api = serve(Part.API)
    assert [metric(one.port, "ledger_signing") for one in (first, second, api)] == [1, 0, 0]
    desk.build(api.port)
    with Screen(api.port, desk) as screen:
        desk.add_beds(api.port, 1)
        screen.look_until(desk.added, PATIENCE_S)
    plan = desk.do(
        api.port, f'requestBedPlan(hospitalId: "{desk.ward["hospital"]}")', "... on BedPlan { id }"
    )["id"]
    assert _state(desk, api, plan) == "COMPUTING"
    first.kill()
    until(lambda: metric(second.port, "ledger_signing") == 1, PATIENCE_S)
    until(lambda: metric(api.port, "ledger_lag_seconds") == 0, PATIENCE_S)
    assert _state(desk, api, plan) == "COMPUTING"  # nobody has solved it: there was no worker

    worker = serve(Part.WORKER)
    until(lambda: _state(desk, api, plan) != "COMPUTING", PATIENCE_S)
    assert metric(worker.port, "ledger_signing") == 0
    for one in (second, worker):
        assert _status(one, "/readyz") == _status(one, "/livez") == 200
        assert [_status(one, path) for path in ("/graphql", "/", "/fhir/H/metadata")] == [404] * 3
    assert "ready" in httpx.get(f"http://127.0.0.1:{api.port}/readyz").text
    for one in (api, worker):  # what they leave unsigned is the sequencer's to sign
        one.stop()
        assert '"event": "stopped"' in one.log().splitlines()[-1]
    until(lambda: metric(second.port, "ledger_lag_seconds") == 0, PATIENCE_S)


def test_on_sqlite_there_is_one_process(sqlite_url: str, tmp_path: Path) -> None:
    make_folder(tmp_path / "house", sqlite_url)
    refused = CliRunner().invoke(app, ["serve", "--data", str(tmp_path / "house"), "--only", "api"])
    assert refused.exit_code == 1
    assert refused.output.startswith("a SQLite file has one process")


def _state(desk: Desk, process: Served, plan: str) -> str:
    found = desk.ask(
        process.port, "query($id: UUID!) { bedPlan(id: $id) { plan { state } } }", id=plan
    )
    state: str = found["plan"]["state"]
    return state


def _status(process: Served, path: str) -> int:
    return httpx.get(f"http://127.0.0.1:{process.port}{path}").status_code
