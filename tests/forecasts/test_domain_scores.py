"""What becomes of a forecast once the truth is known."""

from datetime import timedelta

from sqlmodel import Session, col, select

import domain.forecasts.coverage  # noqa: F401 - the measure registers itself
from domain.forecasts.commands import Made
from domain.forecasts.judging import judge
from domain.forecasts.model import ForecastScore, ForecastSeries, StoredForecast
from domain.forecasts.scores import ScoreForecasts
from domain.forecasts.timers import due_commands
from domain.forecasts.words import ForecastMeasure
from domain.measures.formulas import MeasureName
from domain.measures.interval import figures
from kit.errors import Conflict
from kit.work import NETWORK
from tests.domain_world import DAY, HOUR, World, world
from tests.forecasts.test_domain_making import ask, look
from tests.forecasts.weeks import claim, made, make_all, record, taken, weeks_pass

__all__ = ["world"]
M = ForecastMeasure


def score(world: World) -> int:
    return world.run(ScoreForecasts(hospital_id=world.hospital.id))


def scoring_is_due(world: World) -> list[ScoreForecasts]:
    with Session(world.engine) as session:
        return [one for one in due_commands(session, world.now) if isinstance(one, ScoreForecasts)]


def scores(world: World) -> list[ForecastScore]:
    with Session(world.engine, expire_on_commit=False) as session:
        return list(session.exec(select(ForecastScore)).all())


def series(world: World) -> ForecastSeries:
    with Session(world.engine, expire_on_commit=False) as session:
        return session.exec(select(ForecastSeries)).one()


def test_a_forecast_is_scored_as_its_days_come_true(world: World) -> None:
    evening = weeks_pass(world, 10)
    world.run(ask(world, M.CENSUS, horizon=7))
    some = made(world, claim(world))
    answer = dict(some[0].answer)
    # two below the truth on each day; the intervals miss it by one and just reach it
    points = [taken(evening + number * DAY) - 2.0 for number in range(7)]
    answer["engine"], model = points, answer["model"]
    answer["quantiles"] = {model: [[p - 1 for p in points], points, points,
                                   [p + 1 for p in points], [p + 2 for p in points]]}  # fmt: skip
    record(world, (Made(forecast_id=some[0].forecast_id, problem=some[0].problem,
                        answer=answer),))  # fmt: skip
    assert scoring_is_due(world) == []
    weeks_pass(world, 1)
    assert scoring_is_due(world) == [ScoreForecasts(hospital_id=world.hospital.id)]
    assert score(world) == 1
    (told,) = scores(world)
    naive = sum(abs(taken(evening + number * DAY) - taken(evening + (number - 7) * DAY))
                for number in range(7))  # fmt: skip
    assert naive == 7
    assert (told.steps, told.inside_80, told.inside_95) == (7, 0, 7)
    assert (told.scaled_error, told.engine_error, told.engine_bias) == (14, 14, 14)
    assert (told.naive_error, round(told.mean_error, 3)) == (7, 3.5)
    now = series(world)
    assert (now.scored_steps, now.mase, now.naive_mase, now.mean_mase) == (7, 2000, 1000, 500)
    assert (now.inside_80, now.inside_95, now.fallback, now.drift) == (0, 1000, None, False)
    found = look(world, M.CENSUS)
    assert found is not None
    assert found.score is not None
    assert found.row.truth_due_at is None
    world.refused(ScoreForecasts(hospital_id=world.hospital.id), Conflict, "NOTHING_DUE")


def test_the_score_grows_with_each_day_and_is_of_all_that_is_known(world: World) -> None:
    weeks_pass(world, 10)
    for measure in (M.ARRIVALS, M.DISCHARGES):
        world.run(ask(world, measure, horizon=3))
    world.run(ask(world, M.ARRIVALS, ward=False, horizon=3))
    make_all(world)
    world.tick(timedelta(hours=4, minutes=58))  # the first day is over for less than an hour
    world.refused(ScoreForecasts(hospital_id=world.hospital.id), Conflict, "NOTHING_DUE")
    for day in (1, 2, 3):
        world.tick(2 * timedelta(minutes=1) if day == 1 else DAY)
        assert score(world) == 3
        assert {one.steps for one in scores(world)} == {day}
    assert len(scores(world)) == 3
    world.tick(DAY)
    world.refused(ScoreForecasts(hospital_id=world.hospital.id), Conflict, "NOTHING_DUE")


def arrange(world: World, weeks: list[tuple[float, float, float]], bias: float = 0.0) -> None:
    """Weeks of scores, the last one this week's; errors of engine and baselines over 7 days."""
    weeks_pass(world, 4)
    world.run(ask(world, M.CENSUS))
    make_all(world)
    with Session(world.engine) as session:
        forecast = session.exec(select(StoredForecast)).one()
        this_week = (world.now.date().toordinal() - 719165) // 7
        for ago, (engine, naive, mean) in enumerate(reversed(weeks)):
            copy = StoredForecast(**forecast.model_dump(exclude={"id"}))
            session.add(copy)
            session.flush()
            session.add(ForecastScore(
                forecast_id=copy.id, series_id=forecast.series_id,
                hospital_id=forecast.hospital_id, ward_id=forecast.ward_id, week=this_week - ago,
                steps=7, inside_80=5, inside_95=7, scaled_error=engine, engine_error=engine,
                engine_bias=bias, naive_error=naive, mean_error=mean, scored_at=world.now,
            ))  # fmt: skip
        session.commit()


def judged(world: World) -> tuple[ForecastSeries, list[str]]:
    with Session(world.engine, expire_on_commit=False) as session:
        work = world._work(session)
        judge(work, session.exec(select(ForecastSeries)).all())
        session.commit()
        return session.exec(select(ForecastSeries)).one(), [one.name for one in work.events]


WORSE, BETTER = (8.0, 9.0, 7.0), (6.0, 9.0, 7.0)  # than the better baseline, the mean


def test_four_weeks_worse_and_the_baseline_is_offered_until_it_is_better_again(
    world: World,
) -> None:
    arrange(world, [BETTER, WORSE, WORSE, WORSE])
    now, told = judged(world)
    assert (now.fallback, told) == (None, [])
    add_week(world, WORSE)
    now, told = judged(world)
    assert (now.fallback, now.fallback_since) == ("eight-week-mean", world.now)
    assert told == ["ForecastFellBack"]
    assert judged(world)[1] == []
    world.run(ask(world, M.CENSUS))
    make_all(world)
    found = look(world, M.CENSUS)
    assert found is not None
    assert (found.row.model, found.fell_back) == ("eight-week-mean", True)
    assert found.row.quantiles[2] != []
    for _ in range(4):
        assert judged(world)[0].fallback == "eight-week-mean"
        add_week(world, BETTER)
    now, told = judged(world)
    assert (now.fallback, now.fallback_since, told) == (None, None, ["ForecastCameBack"])


def add_week(world: World, errors: tuple[float, float, float]) -> None:
    """Another week passes with these errors."""
    world.tick(7 * DAY)
    with Session(world.engine) as session:
        last = session.exec(select(ForecastScore).order_by(col(ForecastScore.week).desc())).first()
        assert last is not None
        forecast = session.get(StoredForecast, last.forecast_id)
        assert forecast is not None
        copy = StoredForecast(**forecast.model_dump(exclude={"id"}))
        session.add(copy)
        session.flush()
        engine, naive, mean = errors
        again = last.model_dump(exclude={"id"}) | {
            "forecast_id": copy.id, "week": last.week + 1, "scaled_error": engine,
            "engine_error": engine, "naive_error": naive, "mean_error": mean,
        }  # fmt: skip
        session.add(ForecastScore(**again))
        session.commit()


def test_errors_to_one_side_are_a_drift_that_is_told_once(world: World) -> None:
    arrange(world, [BETTER] * 4, bias=5.9)
    now, told = judged(world)
    assert (now.drift, told) == (True, ["ForecastDrifted"])
    assert judged(world)[1] == []


def test_coverage_is_a_measure_of_the_interval_in_which_forecasts_were_made(world: World) -> None:
    arrange(world, [BETTER] * 2)
    with Session(world.engine) as session:
        found = figures(session, [NETWORK], world.hospital.id, world.ward_a.id,
                        world.now - DAY, world.now + HOUR, world.now,
                        (MeasureName.FORECAST_COVERAGE,))  # fmt: skip
        before = figures(session, [NETWORK], world.hospital.id, None, world.now - 9 * DAY,
                         world.now - 8 * DAY, world.now, (MeasureName.FORECAST_COVERAGE,))  # fmt: skip
    assert [(one.numerator, one.denominator, round(one.value or 0, 2)) for one in found] == [
        (10, 14, 71.43)
    ]
    assert [(one.value, str(one.lack)) for one in before] == [(None, "NO_FORECASTS")]
