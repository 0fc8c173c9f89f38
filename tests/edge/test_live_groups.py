"""Groups: who shares a reading, who must not, and what happens when rights change."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.edge.conftest import TRUSTED
from tests.edge.screen import EVERY, Screen
from tests.edge.toy import NOON, WARDS, ToyHouse

EMPTY = {"01": None, "02": None}


def test_equal_viewers_share_one_reading_and_its_bytes(port: int, house: ToyHouse) -> None:
    with Screen(port, user=1) as one, Screen(port, user=2) as two:
        one.watch(key="a")
        first = one.receive()
        two.watch(key="b")
        second = two.receive()
        assert (first["id"], second["id"]) == ("a", "b")
        assert first["payload"] == second["payload"]
        assert house.reads == 1
        house.occupy(WARDS[0], "01", "Li")
        assert one.receive()["payload"] == two.receive()["payload"]
        assert house.reads == 2


def test_other_rights_other_wards_and_other_documents_share_nothing(
    port: int, house: ToyHouse
) -> None:
    house.rights[2] = "physician"
    with Screen(port, user=1) as one, Screen(port, user=2) as two:
        one.watch()
        two.watch()
        one.watch(ward=WARDS[1], key="other ward")
        one.watch(key="other document", query=EVERY)
        for screen, messages in ((one, 3), (two, 1)):
            for _ in range(messages):
                screen.receive()
        assert house.reads == 4
        house.occupy(WARDS[1], "01", "Li")
        assert one.receive()["id"] == "other ward"
        two.quiet()
        assert house.reads == 5


def test_the_resume_cursor_does_not_split_a_group(port: int, house: ToyHouse) -> None:
    with Screen(port, user=1) as one, Screen(port, user=2) as two:
        for screen, after in ((one, None), (two, "17")):
            variables = {"ward": str(WARDS[0]), "after": after}
            screen.watch(query=TRUSTED["board"], variables=variables)
            assert screen.board() == EMPTY
    assert house.reads == 1


def test_a_storm_of_newcomers_costs_one_reading(port: int, house: ToyHouse) -> None:
    house.slow.clear()
    screens = [Screen(port, user=number) for number in range(1, 21)]
    for screen in screens:
        screen.watch()
        screen.quiet()
    house.slow.set()
    assert [screen.board() for screen in screens] == [EMPTY] * 20
    assert house.reads == 1
    for screen in screens:
        screen.leave()


def test_a_burst_of_changes_is_one_reading(port: int, house: ToyHouse) -> None:
    with Screen(port) as screen:
        screen.watch()
        screen.board()
        house.beds[WARDS[0]]["01"] = "Li"
        for _ in range(50):
            house.feed.change(WARDS[0])
        assert screen.board() == {"01": "Li", "02": None}
        screen.quiet()
        assert house.reads == 2


def test_a_change_that_shows_nothing_new_is_not_sent(port: int, house: ToyHouse) -> None:
    """Cursor, version and asOf differ with every reading; that alone is no news."""
    with Screen(port) as screen:
        screen.watch()
        screen.board()
        house.feed.change(WARDS[0])
        house.feed.change(WARDS[1])
        while house.reads < 2:
            screen.quiet()
        screen.quiet()
        house.occupy(WARDS[0], "02", "Wu")
        assert screen.board() == {"01": None, "02": "Wu"}


def test_a_newcomer_is_served_from_the_last_payload(port: int, house: ToyHouse) -> None:
    with Screen(port, user=1) as one, Screen(port, user=2) as two:
        one.watch()
        one.board()
        house.occupy(WARDS[0], "01", "Li")
        one.board()
        two.watch()
        assert two.board() == {"01": "Li", "02": None}
        assert house.reads == 2


def test_a_revoked_viewer_is_closed_4403_and_sees_no_later_event(
    port: int, house: ToyHouse
) -> None:
    with Screen(port, user=1) as revoked, Screen(port, user=2) as kept:
        for screen in (revoked, kept):
            screen.watch()
            screen.board()
        house.rights[1] = "nobody"
        house.epoch += 1
        house.occupy(WARDS[0], "01", "Li")
        assert kept.board() == {"01": "Li", "02": None}
        assert revoked.closed() == (4403, "Forbidden")
        assert revoked.rest == []


def test_a_new_policy_without_an_event_is_noticed_too(port: int, house: ToyHouse) -> None:
    with Screen(port) as screen:
        screen.watch()
        screen.board()
        house.visible.clear()
        house.epoch += 1
        assert screen.closed() == (4403, "Forbidden")


def test_a_new_policy_that_changes_nothing_sends_nothing(port: int, house: ToyHouse) -> None:
    with Screen(port) as screen:
        screen.watch()
        screen.board()
        house.epoch += 1
        while house.reads < 2:
            screen.quiet()
        screen.quiet()
        house.occupy(WARDS[0], "01", "Li")
        assert screen.board() == {"01": "Li", "02": None}


def test_a_socket_ends_with_its_token_unless_a_ping_brings_the_next(
    port: int, house: ToyHouse
) -> None:
    with Screen(port, user=1) as ending, Screen(port, user=2) as renewed:
        house.now = NOON + timedelta(minutes=6)
        payload = {"authorization": "Bearer user-2", "key": "k"}
        renewed.send(type="ping", payload=payload)
        assert renewed.receive() == {"type": "pong", "payload": {"key": "k"}}
        house.now = NOON + timedelta(minutes=11)
        assert ending.closed() == (4401, "The token has run out")
        renewed.quiet()
        renewed.send(type="ping", payload={"authorization": "Bearer user-1"})
        assert renewed.closed() == (4403, "Forbidden")


def test_a_socket_ends_with_its_session(port: int, house: ToyHouse) -> None:
    with Screen(port, user=1) as ending, Screen(port, user=2) as going_on:
        house.ended.add(UUID(int=1))
        assert ending.closed() == (4403, "The session has ended")
        going_on.quiet()


def test_a_view_is_on_record_before_it_is_seen_and_until_it_is_left(
    port: int, house: ToyHouse
) -> None:
    house.beds[WARDS[0]]["01"] = "Li"
    with Screen(port, user=1) as one:
        with Screen(port, user=2) as two:
            one.watch()
            one.board()
            assert house.views == [([1], "view.start", 1)]
            two.watch()
            two.board()
            assert house.views[1:] == [([2], "view.start", 1)]
            house.occupy(WARDS[0], "02", "Ouyang")
            two.board()
            one.board()
            assert house.views[2:] == [([1, 2], "view.more", 1)]
            house.occupy(WARDS[0], "02", None)
            two.board()
            one.board()
            house.occupy(WARDS[0], "02", "Ouyang")
            one.board()
            assert len(house.views) == 3
        while len(house.views) == 3:
            one.quiet()
        assert house.views[3] == ([2], "view.stop", 2)
        assert house.endings == ["CLOSED"]  # the first one still looks


def test_a_view_that_a_new_policy_ends_is_ended_on_record(port: int, house: ToyHouse) -> None:
    house.beds[WARDS[0]]["01"] = "Li"
    with Screen(port, user=1) as screen:
        screen.watch()
        screen.board()
        screen.watch(key="again")
        screen.board()
        house.rights[1] = "nobody"
        house.epoch += 1
        assert screen.closed() == (4403, "Forbidden")
    phases = [phase for who, phase, _ in house.views if who == [1]]
    assert phases[-4:] == ["view.start"] * 2 + ["view.stop"] * 2
    assert house.endings[-2:] == ["REVOKED"] * 2


def test_a_view_that_cannot_be_recorded_is_not_shown(
    port: int, house: ToyHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    house.beds[WARDS[0]]["01"] = "Li"
    monkeypatch.setattr(house, "on_view", fail)
    with Screen(port) as screen:
        screen.watch()
        answer = screen.receive()
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"][0]["extensions"]["code"] == "FAULT"
        screen.quiet()


def test_how_long_an_alarm_took_to_the_screens_is_measured(port: int, house: ToyHouse) -> None:
    levels = house._live._door.metrics.levels

    def measured() -> tuple[int, int]:
        found = next(s for s in levels.standings() if s.objective.name == "alarm_latency")
        return found.measured, found.good

    before = measured()
    with Screen(port) as screen:
        screen.watch()
        screen.board()
        for late_s, good in ((0.5, 1), (3.0, 1)):
            house.now = NOON + timedelta(seconds=late_s)  # the toy's alarms are of noon
            house.beds[WARDS[0]]["01"] = f"late {late_s}"
            house.feed.change(WARDS[0], "AlarmOpened")
            screen.board()
            screen.quiet(f"after {late_s}")
            assert measured()[1] - before[1] == good
    assert measured()[0] - before[0] == 2
