"""What one process has measured, the others tell, and those that come after a restart."""

import pytest

from tests.faults.serving import Served
from tests.processes.conftest import Serve
from tests.processes.ward import Desk, until

BEDS, PATIENCE_S = 20, 60  # counters are exchanged every 15 s


@pytest.mark.nightly
def test_every_process_tells_of_all_and_a_restart_forgets_nothing(serve: Serve, desk: Desk) -> None:
    near, far = serve(), serve()
    desk.build(near.port)
    desk.add_beds(near.port, BEDS)
    changes = BEDS + 3  # a hospital, a ward, a room
    until(lambda: _measured(far, desk) == changes, PATIENCE_S)
    assert _measured(near, desk) == changes  # nothing is counted twice
    near.kill()
    desk.add_beds(far.port, 1)
    far.stop()  # it tells before it ends
    far.start()
    until(lambda: _measured(far, desk) == changes + 1, PATIENCE_S)


def _measured(process: Served, desk: Desk) -> int:
    found = desk.ask(process.port, "{ serviceStatus { objectives { name measured } } }")
    measured = {one["name"]: int(one["measured"]) for one in found["objectives"]}
    return measured["care_p99"]
