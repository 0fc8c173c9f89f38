"""Whatever comes, in whatever order and however often: the sum holds and the rows are the same."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.telemetry.commands import Raw
from kit.db import open_engine
from kit.ids import new_id
from tests.databases import Databases
from tests.domain_world import NOON, World
from tests.telemetry.ward import device, message, send

SECOND = timedelta(seconds=1)
TIMES = st.one_of(
    st.none(),
    st.integers(-100_000, 8000).map(lambda s: NOON + s * SECOND),
    st.just(NOON.replace(tzinfo=None)),
)
VALUES = st.one_of(
    st.floats(), st.integers(-(10**400), 10**400), st.text(max_size=8),
    st.sampled_from([0, 50.0, 97, "82", "1e3", "nan", "A", True]),
)  # fmt: skip
RAWS = st.builds(
    Raw,
    st.one_of(st.sampled_from(["hr", "spo2", "temp", "fio2", "Heart Rate", "consciousness"]),
              st.text(max_size=6)),
    VALUES,
    st.one_of(st.none(), st.sampled_from(["bpm", "%", "Deg. F", "torr", ""]), st.text(max_size=4)),
    TIMES,
)  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    with databases.migrated(request.param) as url:
        engine = open_engine(url, guarded=False)
        made = World(engine)
        made.furnish()
        yield made
        engine.dispose()


SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@SETTINGS
@given(st.lists(st.lists(RAWS, max_size=5), max_size=6), st.booleans())
def test_in_is_the_sum_of_what_became_of_it(
    house: World, sent: list[list[Raw]], known: bool
) -> None:
    of = device(house, f"m{new_id()}").id if known else new_id()
    done = send(house, *(message(house, of, *raws) for raws in sent))
    assert done.received == sum(map(len, sent))
    assert sum((done.reasons or {}).values()) == done.rejected + done.parked


@SETTINGS
@given(
    st.lists(
        st.tuples(st.sampled_from(["hr", "spo2"]), st.integers(-3000, 60), st.integers(45, 99)),
        min_size=1, max_size=20, unique_by=lambda one: one[:2],
    ),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
)  # fmt: skip
def test_permuted_and_repeated_messages_leave_the_same_rows(
    house: World, told: list[tuple[str, int, int]], chance: Random, batches: int
) -> None:
    raws = [Raw(metric, float(value), None, NOON + s * SECOND) for metric, s, value in told]
    plain, shaken = (device(house, f"{word}{new_id()}").id for word in ("a", "b"))
    send(house, *(message(house, plain, raw) for raw in raws))
    again = raws + [raw for raw in raws if chance.random() < 0.5]
    chance.shuffle(again)
    size = -(-len(again) // batches)
    stored = 0
    for start in range(0, len(again), size):
        some = again[start : start + size]
        stored += send(house, *(message(house, shaken, raw) for raw in some)).stored
    assert stored == len(raws)
    assert rows(house, shaken) == rows(house, plain)


def rows(world: World, of: object) -> list[tuple[object, ...]]:
    key = of.hex if world.engine.dialect.name == "sqlite" else of  # type: ignore[attr-defined]
    with world.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text("SELECT metric, at, value, quality, raw FROM reading JOIN channel"
                     " ON id = channel_id WHERE device_id = :of ORDER BY 1, 2"), {"of": key},
            )
        ]  # fmt: skip
