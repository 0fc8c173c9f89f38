"""Is the program alive, and may it be sent requests?

Alive means only that it answers. Ready means that a change would be made durable, audited and
heard of now. The answers name probes, never addresses or messages of faults.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

Probe = Callable[[], bool]

LEDGER_LAG_LIMIT_S = 30.0
WRITER_QUEUE_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Readiness:
    """`failing` names the probes that say no."""

    failing: tuple[str, ...]
    read_only: bool = False  # reads are served: a proxy that took it away would end them, too

    @property
    def ready(self) -> bool:
        return not self.failing

    def body(self) -> dict[str, object]:
        told: dict[str, object] = {"ready": self.ready, "failing": list(self.failing)}
        return told | ({"readOnly": True} if self.read_only else {})


def live() -> dict[str, object]:
    """The answer of /livez."""
    return {"live": True}


def readiness(probes: Mapping[str, Probe], *, read_only: bool = False) -> Readiness:
    """Ask every probe; one that raises says no."""
    failing = tuple(name for name, probe in probes.items() if not _yes(probe))
    return Readiness(failing, read_only)


def database_answers(engine: Engine) -> Probe:
    """True when a read comes back."""

    def probe() -> bool:
        with engine.connect().execution_options(readonly=True) as connection:
            return bool(connection.execute(text("SELECT 1")).scalar_one() == 1)

    return probe


def schema_is(engine: Engine, needed: str | None) -> Probe:
    """True when the database is at the revision that this release needs."""

    def probe() -> bool:
        with engine.connect().execution_options(readonly=True) as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version"))
            return bool(found.scalar_one_or_none() == needed)

    return probe


def below(value: Callable[[], float], limit: float) -> Probe:
    """True while a lag or a queue is shorter than its limit."""
    return lambda: value() < limit


def _yes(probe: Probe) -> bool:
    try:
        return probe()
    except (SQLAlchemyError, OSError, RuntimeError):
        return False
