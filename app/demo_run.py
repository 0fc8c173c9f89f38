"""The demonstration as a service: first one ward on the screen, then the rest of the city."""

import importlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from app import migrate
from app.demo_broker import DemoBroker, start_broker
from app.demo_city import HOSPITALS
from app.demo_devices import Monitors
from app.demo_seed import PlacedWard, Seeder
from app.demo_stream import Stream
from app.demo_team import hire_team
from app.logs import configure
from app.server import serve_until_signal
from app.settings import Profile, Settings, load
from app.wiring import App, build
from audit.keys import init_keys
from domain.places.model import Hospital
from kit.errors import Retry

log = logging.getLogger("wardgrid.demo")

MONITORED = 8  # beds of the first ward
WAITING = 12  # patients without a bed in the first hospital, for the first plan


def demo_house(folder: Path, port: int, broker: DemoBroker | None = None) -> App:
    """A fresh house in a folder: keys, database, program; nothing in it yet."""
    folder.chmod(0o700)
    init_keys(folder / "keys")
    settings = demo_settings(folder, port, **(broker.settings() if broker else {}))
    migrate.upgrade(settings.database)
    return build(settings)


def demo_settings(folder: Path, port: int, **given: Any) -> Settings:
    return load(
        folder, profile=Profile.DEVELOPMENT, port=port, log_origin="wardgrid.demo/log", **given
    )


def run_demo(folder: Path, *, port: int, speed: float, seed: int, hospitals: int) -> None:
    """Serve until a signal. The city grows and lives beside the server."""
    configure("warning")
    broker = start_broker(folder / "broker")
    app = demo_house(folder, port, broker)
    city = City(app, seed, max(1, min(hospitals, len(HOSPITALS))), speed, broker)
    serve = importlib.import_module("api.program").serve  # api lies above app
    try:
        serve_until_signal(serve(app, beside=city.begin), app.settings)
    finally:
        city.end()
        if broker:
            broker.stop()


class City:
    """Seeds and moves the city in threads of its own."""

    def __init__(
        self, app: App, seed: int, hospitals: int, speed: float, broker: DemoBroker | None = None
    ) -> None:
        self._app = app
        self._seed = seed
        self._hospitals = HOSPITALS[:hospitals]
        self._speed = speed
        self._stop = threading.Event()
        self._seeder = Seeder(app, seed)
        self._monitors = Monitors(app, self._seeder, broker, seed)
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """The first ward before the server answers; the rest while it does."""
        self._seeder.found()
        first = self._seeder.open(self._hospitals[0])
        ward = self._seeder.furnish(first, self._hospitals[0].wards[0])
        self._seeder.fill(ward)
        self._tell(ward, self._seeder.screen(ward.ward))
        stream = Stream(self._app, self._seeder, [ward.ward.id], self._seed)
        self._start("demo-city", lambda: self._grow(first, ward, stream))
        self._start("demo-stream", lambda: stream.run(self._speed, self._stop))

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._monitors.end()
        self._seeder.close()

    def _grow(self, first: Hospital, shown: PlacedWard, stream: Stream) -> None:
        self._seeder.employ(first, shown.ward)
        self._monitors.begin(first, shown, MONITORED)
        typer.echo(f"  {MONITORED} monitors speak ({self._monitors.over}), one not always")
        hire_team(self._seeder, first, shown, self._seed, self._app.clock().date())
        for log_in in self._seeder.log_ins[1:]:
            typer.echo(f"  log in as {log_in.login_name}  password {log_in.password}")
        self._seeder.wait_for_beds(first, shown.ward, WAITING)
        self._seeder.remember(first, shown)
        for plan in self._hospitals:
            hospital = first if plan is self._hospitals[0] else self._seeder.open(plan)
            for ward_plan in plan.wards:
                if self._stop.is_set():
                    return
                if hospital is first and ward_plan is plan.wards[0]:
                    continue
                placed = self._seeder.furnish(hospital, ward_plan)
                self._seeder.fill(placed)
                self._seeder.remember(hospital, placed)
                stream.add(placed.ward.id)
        wards = sum(len(plan.wards) for plan in self._hospitals)
        typer.echo(f"  the city is complete: {len(self._hospitals)} hospitals, {wards} wards")

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def until_stopped() -> None:
            try:
                work()
            except Retry:  # the program under it may stop in the middle of a ward
                if not self._stop.is_set():
                    raise

        thread = threading.Thread(target=until_stopped, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _tell(self, ward: PlacedWard, token: str) -> None:
        address = f"http://127.0.0.1:{self._app.settings.port}"
        typer.echo("Wardgrid demonstration: an invented city, nobody in it exists.")
        typer.echo(f"  ward screen  {address}/ward/{ward.ward.id}#token={token}&shared")
        typer.echo(f"  log in       {address}/")
        typer.echo(f"  GraphiQL     {address}/graphiql")
        typer.echo("  end with Ctrl-C; the database is thrown away")
