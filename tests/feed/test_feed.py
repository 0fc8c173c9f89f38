"""The feed tells every change once, in commit order, and knows when it cannot."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, text

from app import tail
from app.cursors import Cursors, Position
from app.feed import Feed, Resync, takes
from app.horizon import oldest, own_horizon
from app.outbox import OUTBOX, write_events
from app.tail import Change
from kit.clock import utc_now
from kit.db import reading
from kit.errors import Invalid
from kit.work import Event, Scope
from tests.databases import Databases
from tests.feed.outbox_table import open_bare, publish

HERE, THERE = UUID(int=1), UUID(int=2)
WARD = Scope(HERE, UUID(int=11))
KEY = bytes(range(32))


@dataclass(frozen=True)
class Wish:
    scope: Scope
    names: frozenset[str] = frozenset()


@pytest.fixture
def outbox(empty_url: str) -> Iterator[Engine]:
    engine = open_bare(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def feed(outbox: Engine) -> Iterator[Feed]:
    feed = Feed(outbox, Cursors(KEY), poll_s=0.02)
    feed.start()
    yield feed
    feed.stop()


class Heard:
    """Collects names and tells when enough have come."""

    def __init__(self, expected: int) -> None:
        self.names: list[str] = []
        self._expected = expected
        self._enough = threading.Event()

    def __call__(self, changes: object) -> None:
        self.names += [change.name for change in changes]  # type: ignore[attr-defined]
        if len(self.names) >= self._expected:
            self._enough.set()

    def wait(self) -> list[str]:
        assert self._enough.wait(10)
        return self.names


def test_a_listener_hears_what_is_committed_after_it_came(outbox: Engine, feed: Feed) -> None:
    heard = Heard(3)
    feed.listen(heard)
    publish(outbox, WARD, "BedOccupied", "BedReleased")
    publish(outbox, Scope(THERE), "RequestMade")
    feed.wake()
    assert heard.wait() == ["BedOccupied", "BedReleased", "RequestMade"]


def test_without_a_wake_up_the_poll_finds_it(outbox: Engine, feed: Feed) -> None:
    heard = Heard(1)
    feed.listen(heard)
    publish(outbox, WARD, "BedOccupied")
    assert heard.wait() == ["BedOccupied"]


def test_a_subscriber_resumes_right_behind_its_cursor(outbox: Engine, feed: Feed) -> None:
    with reading(outbox) as session:
        cursor = feed.cursor(session, HERE)
    publish(outbox, WARD, "Missed")
    publish(outbox, Scope(THERE), "Foreign")
    heard = Heard(2)
    feed.subscribe([Wish(WARD)], heard, cursor, HERE)
    publish(outbox, WARD, "Live")
    feed.wake()
    assert heard.wait() == ["Missed", "Live"]


def test_twelve_resumes_miss_and_double_nothing(outbox: Engine, feed: Feed) -> None:
    told: list[str] = []
    with reading(outbox) as session:
        cursor = feed.cursor(session, HERE)
    for number in range(60):
        publish(outbox, WARD, f"e{number}")
        if number % 5 == 4:
            missed = feed.since(cursor, HERE)
            told += [change.name for change in missed]
            cursor = feed._cursors.cursor(missed[-1].position, HERE)
    assert told == [f"e{number}" for number in range(60)]


def test_a_cursor_opens_for_its_own_hospital_only(outbox: Engine, feed: Feed) -> None:
    with reading(outbox) as session:
        cursor = feed.cursor(session, HERE)
    assert feed.since(cursor, HERE) == []
    for strange in (cursor[:-1], cursor + "A", "", "é", "*", cursor.swapcase()):
        with pytest.raises(Invalid):
            feed.since(strange, HERE)
    with pytest.raises(Invalid):
        feed.since(cursor, THERE)


def test_a_cursor_of_an_unused_feed_stays_good_whatever_the_server_does(
    outbox: Engine, feed: Feed, databases: Databases
) -> None:
    with reading(outbox) as session:
        cursor = feed.cursor(session, HERE)
    if outbox.dialect.name == "postgresql":
        with databases.empty("postgresql") as elsewhere:  # moves the server's transactions on
            publish(open_bare(elsewhere), Scope(THERE), "RequestMade")
    assert feed.since(cursor, HERE) == []


def test_cursors_of_one_place_differ_between_hospitals_and_keys() -> None:
    place = Position(7, 9)
    assert Cursors(KEY).cursor(place, HERE) == Cursors(KEY).cursor(place, HERE)
    assert Cursors(KEY).cursor(place, HERE) != Cursors(KEY).cursor(place, THERE)
    assert Cursors(KEY).cursor(place, HERE) != Cursors(KEY[::-1]).cursor(place, HERE)
    assert Cursors(KEY).position(Cursors(KEY).cursor(place, HERE), HERE) == place


def test_a_cursor_older_than_what_is_kept_asks_for_a_resync(outbox: Engine, feed: Feed) -> None:
    publish(outbox, WARD, "one")
    ended = own_horizon(outbox)
    with reading(outbox) as session:
        (one,) = tail.after(session.connection(), Position(0, 0), 1, ended)
    old = feed._cursors.cursor(one.position, HERE)
    for name in ("two", "three", "four"):
        publish(outbox, WARD, name)
    assert [change.name for change in feed.since(old, HERE)] == ["two", "three", "four"]
    with outbox.begin() as connection:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.name != "four"))
    with pytest.raises(Resync):
        feed.since(old, HERE)


def test_a_topic_takes_what_lies_inside_its_place(outbox: Engine) -> None:
    inside = Change(Position(0, 1), WARD, "BedOccupied", {}, utc_now())
    assert takes(Wish(WARD), inside)
    assert takes(Wish(Scope(HERE), frozenset({"BedOccupied"})), inside)
    assert not takes(Wish(Scope(HERE), frozenset({"RequestMade"})), inside)
    assert not takes(Wish(Scope(THERE)), inside)
    assert not takes(Wish(WARD), Change(Position(0, 1), Scope(HERE), "Any", {}, utc_now()))


def test_a_slow_transaction_is_not_passed_by(postgres_bare: Engine) -> None:
    """PostgreSQL: a row with a lower id commits later; a reader by id alone would lose it."""
    feed = Feed(postgres_bare, Cursors(KEY), poll_s=0.02)
    feed.start()
    heard = Heard(2)
    feed.listen(heard)
    with postgres_bare.connect() as slow:
        write_events(slow, [Event("slow", WARD, {})], utc_now())
        publish(postgres_bare, WARD, "quick")
        with reading(postgres_bare) as session:
            assert tail.after(session.connection(), Position(0, 0), 10) == []
        slow.commit()
    assert sorted(heard.wait()) == ["quick", "slow"]
    feed.stop()


def test_a_long_transaction_next_door_holds_nothing_back(
    postgres_bare: Engine, databases: Databases
) -> None:
    """Another database of the same server writes and does not commit."""
    feed = Feed(postgres_bare, Cursors(KEY), poll_s=0.02)
    with databases.empty("postgresql") as url:
        neighbour = open_bare(url)
        with neighbour.connect() as writing:
            write_events(writing, [Event("elsewhere", WARD, {})], utc_now())
            with reading(postgres_bare) as session:
                before = feed.cursor(session, HERE)
            feed.start()
            heard = Heard(1)
            feed.listen(heard)
            publish(postgres_bare, WARD, "here")
            feed.wake()
            assert heard.wait() == ["here"]
            assert [change.name for change in feed.since(before, HERE)] == ["here"]
            feed.stop()
        neighbour.dispose()


def test_open_transactions_are_put_into_the_epoch_of_the_newest() -> None:
    epoch = 3 * 2**32
    assert oldest(epoch + 900, []) == epoch + 900
    assert oldest(epoch + 900, [850, 899]) == epoch + 850
    assert oldest(epoch + 5, [2**32 - 7, 3]) == epoch - 7


def test_a_transaction_that_began_after_the_newest_was_read_hides_no_open_one() -> None:
    """Taken for one of 2^32 before, it made a negative horizon, which xid8 reads as a huge one."""
    assert oldest(900, [850, 901]) == 850
    assert oldest(900, [900, 950]) == 900
    assert oldest(3 * 2**32 - 1, [2]) == 3 * 2**32 - 1


def test_another_process_is_woken_by_notify(postgres_bare: Engine) -> None:
    """Two feeds on one database; the second polls once an hour, so only the hint can tell it."""
    near, far = Feed(postgres_bare, Cursors(KEY)), Feed(postgres_bare, Cursors(KEY), poll_s=3600)
    near.start()
    far.start()
    heard = Heard(1)
    far.listen(heard)
    with postgres_bare.connect() as watching:
        listening = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                         " AND datname = current_database()")  # fmt: skip
        while watching.execute(listening).scalar_one() < 2:
            watching.rollback()
    publish(postgres_bare, WARD, "BedOccupied")
    near.wake()
    assert heard.wait() == ["BedOccupied"]
    near.stop()
    far.stop()


@pytest.fixture
def postgres_bare(databases: Databases) -> Iterator[Engine]:
    with databases.empty("postgresql") as url:
        engine = open_bare(url)
        yield engine
        engine.dispose()


def test_what_no_row_keeps_is_told_to_the_listeners_and_to_no_cursor(feed: Feed) -> None:
    heard: list[Change] = []
    feed.listen(heard.extend)
    feed.tell(WARD, "PlanProgress", {"plan": "p"}, utc_now())
    [told] = heard
    assert (told.scope, told.name, told.ids) == (WARD, "PlanProgress", {"plan": "p"})
    with reading(feed._engine) as session:
        cursor = feed.cursor(session, HERE)
    assert feed.since(cursor, HERE) == []
