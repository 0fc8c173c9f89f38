"""Probes name what fails and nothing else; labels of metrics come from closed sets."""

from sqlalchemy import Engine, text

from app.health import below, database_answers, live, readiness, schema_is
from app.metrics import OTHER, Metrics
from app.migrate import newest_revision
from kit.db import open_engine


def test_alive_is_alive() -> None:
    assert live() == {"live": True}


def test_ready_when_every_probe_says_so(engine: Engine) -> None:
    found = readiness(
        {
            "database": database_answers(engine),
            "schema": schema_is(engine, newest_revision()),
            "ledger": below(lambda: 0.2, 30.0),
        }
    )
    assert found.body() == {"ready": True, "failing": []}


def test_not_ready_names_the_probes_that_fail(bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    gone = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    found = readiness(
        {
            "database": database_answers(gone),
            "schema": schema_is(bare_engine, newest_revision()),
            "writer": below(lambda: 2_001, 2_000),
            "feed": below(lambda: 1, 2),
        }
    )
    assert found.body() == {"ready": False, "failing": ["database", "schema", "writer"]}
    gone.dispose()


def test_operations_are_counted_by_known_name_and_outcome() -> None:
    metrics = Metrics()
    metrics.know({"WardBoard"})
    with metrics.operation("WardBoard"):
        pass
    with metrics.operation("Wang Xiaoming") as outcome:
        outcome.is_("denied")
    try:
        with metrics.operation(None):
            raise KeyError
    except KeyError:
        pass
    sample = metrics.registry.get_sample_value
    counted = "wardgrid_graphql_operations_total"
    assert sample(counted, {"operation": "WardBoard", "outcome": "done"}) == 1
    assert sample(counted, {"operation": OTHER, "outcome": "denied"}) == 1
    assert sample(counted, {"operation": OTHER, "outcome": "fault"}) == 1
    assert b"Xiaoming" not in metrics.render()


def test_gauges_are_read_when_scraped() -> None:
    metrics, lag = Metrics(), [0.5]
    metrics.watch("ledger_lag_seconds", "Age of the oldest unlinked entry", lambda: lag[0])
    lag[0] = 1.5
    assert metrics.registry.get_sample_value("wardgrid_ledger_lag_seconds") == 1.5


def test_sockets_and_subscriptions_go_up_and_down() -> None:
    metrics = Metrics()
    metrics.socket_opened()
    metrics.socket_opened()
    metrics.socket_closed(4408)
    metrics.subscribed(+1)
    sample = metrics.registry.get_sample_value
    assert sample("wardgrid_sockets") == 1
    assert sample("wardgrid_subscriptions") == 1
    assert sample("wardgrid_sockets_closed_total", {"code": "4408"}) == 1
