"""The dead-man signal: sent while the program is well; what it meets shows."""

import time
from pathlib import Path

from app.settings import Profile, Settings
from gateways.dead_man import NEVER, DeadMan, door
from gateways.outside import Outside
from tests.house import house
from tests.notices.servers import Target, http


def test_a_signal_is_sent_while_the_program_is_well() -> None:
    well = True
    with http(target := Target(answers=[(200, {}, b""), (500, {}, b"")])) as port:
        outside = Outside(inside_too=frozenset((f"127.0.0.1:{port}",)))
        signal = DeadMan(f"http://127.0.0.1:{port}/ping", outside, lambda: well, 60.0)
        assert signal.age_s() == NEVER
        assert signal.signal()
        assert signal.age_s() >= 0
        assert not signal.signal()
        assert signal.signal()
        well, before = False, len(target.got)
        assert not signal.signal()
        assert (signal.failures, len(target.got)) == (1, before)
    well = True
    assert not signal.signal()
    assert signal.failures == 2


def test_the_door_opens_where_an_address_is_set(sqlite_url: str, tmp_path: Path) -> None:
    with http(target := Target()) as port, house(sqlite_url, tmp_path) as app:
        assert door(app) is None
        app.settings = Settings(
            data_folder=tmp_path, profile=Profile.DEVELOPMENT, dead_man_period_s=1,
            dead_man_url=f"http://127.0.0.1:{port}/ping",
            notice_targets_inside=(f"127.0.0.1:{port}",),
        )  # fmt: skip
        made = door(app)
        assert made is not None
        made.start()
        deadline = time.monotonic() + 10
        while not target.got and time.monotonic() < deadline:
            time.sleep(0.01)
        made.stop()
        assert target.got[0][0] == "/ping"
        assert b"wardgrid_dead_man_failures 0.0" in app.metrics.render()
        assert "ping" not in repr(app.settings)
