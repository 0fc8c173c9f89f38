"""A clock that a test turns on, and something to do at each time."""

from datetime import datetime, timedelta

from app.wiring import App
from domain.places.commands import OpenHospital
from kit.work import Actor
from tests.house import sign


class Turning:
    """`at` is now; `turn` goes on."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def turn(self, days: int) -> None:
        self.at += timedelta(days=days)


def work_some(app: App, actor: Actor, *codes: str) -> None:
    """One hospital each, signed one by one."""
    for code in codes:
        app.pipeline.run(actor, OpenHospital(code=code, name_zh=code, name_en=code))
        sign(app)
