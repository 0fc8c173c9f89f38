"""Shows the log's checkpoints to its witnesses, and keeps the newest one that enough cosigned.

A witness that knows a longer log, or another one, has seen what we have not written: that is an
alarm. One that is away is only counted; the log goes on.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import Engine

from app.circuits import Circuits
from app.settings import Settings
from audit import log_rows
from audit.checkpoint import BadNote, read_unchecked
from audit.cosignature import WitnessKey
from audit.export import ExportRefused, newest_checkpoint
from audit.guard import replace_file
from audit.tiles import Tiles
from audit.tree import consistency_proof
from audit.witness import request
from kit.db import reading

log = logging.getLogger("wardgrid.witness")

TIMEOUT_S = 5.0
MOST_ANSWER = 4096
AWAITED_S = 1.0


@dataclass(slots=True)
class Asked:
    """A witness as the settings name it; `size` is what it is known to have cosigned."""

    url: str
    key: WitnessKey
    size: int = 0


def witnesses_of(named: tuple[str, ...]) -> list[Asked]:
    """From texts `URL KEY`. Raises BadNote for another form."""
    found = []
    for text in named:
        url, _, key = text.partition(" ")
        if not url.startswith(("https://", "http://")):
            raise BadNote("a witness is named as: URL KEY")
        found.append(Asked(url.rstrip("/"), WitnessKey.parse(key.strip())))
    return found


@dataclass(slots=True)
class Witnessing:
    """`start` it where there are witnesses; `look` asks them once, for tests too."""

    engine: Engine
    witnesses: list[Asked]
    quorum: int
    file: Path
    period_s: float
    alarm: Callable[[str], None]
    circuits: Circuits = field(default_factory=Circuits)
    cosigned: int = 0  # leaves of the newest checkpoint that enough cosigned
    transport: httpx.BaseTransport | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        if self.witnesses:
            self._thread = threading.Thread(target=self._loop, name="witnesses", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Somebody waits for cosignatures: look now."""
        self._wake.set()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> bool:
        """True where enough witnesses cosigned the newest checkpoint."""
        try:
            note = newest_checkpoint(self.engine)
        except ExportRefused:
            return False  # nothing is signed yet
        checkpoint = read_unchecked(note)
        if checkpoint.size == self.cosigned:
            return True
        lines: list[str] = []
        with ThreadPoolExecutor(max(1, len(self.witnesses)), "witness") as asking:
            asked = [asking.submit(self._ask, one, note, checkpoint.size) for one in self.witnesses]
            for answered in as_completed(asked):
                if (line := answered.result()) is not None:
                    lines.append(line)
                    self._keep(note, lines, checkpoint.size)
        return len(lines) >= self.quorum

    def _keep(self, note: str, lines: list[str], size: int) -> None:
        """As soon as there are enough: nobody waits for a witness that hangs."""
        if len(lines) >= self.quorum:
            replace_file(self.file, (note + "".join(sorted(lines))).encode())
            self.cosigned = size

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self.period_s)
            self._wake.clear()
            try:
                self.look()
            except Exception as fault:  # the log does not wait for its witnesses
                log.error("witness round failed", extra={"fault": type(fault).__name__})

    def _ask(self, witness: Asked, note: str, size: int) -> str | None:
        """The cosignature's line, or None."""
        for _ in range(2):  # once more where it knows another size than we thought
            if witness.size > size:
                self.alarm(f"witness: {witness.key.name} knows a longer log than this one")
                witness.size = 0
                return None
            answer = self._post(witness, request(witness.size, self._proof(witness, size), note))
            if answer is None:
                return None
            if answer.status_code == 409 and answer.text.strip().isdecimal():
                known = int(answer.text)
                if known == witness.size:  # the same size, and another root
                    self.alarm(f"witness: {witness.key.name} has seen another log")
                    return None
                witness.size = known
                continue
            return self._line(witness, note, size, answer)
        return None

    def _line(self, witness: Asked, note: str, size: int, answer: httpx.Response) -> str | None:
        if answer.status_code == 422:
            self.alarm(f"witness: {witness.key.name} has seen another log")
        if answer.status_code != 200 or len(answer.content) > MOST_ANSWER:
            log.warning("not cosigned", extra={"reason": f"HTTP_{answer.status_code}"})
            return None
        try:
            if witness.key.seen_at(note + answer.text) is None:
                raise BadNote("not cosigned")
        except BadNote:
            log.warning("not cosigned", extra={"reason": "BAD_COSIGNATURE"})
            return None
        witness.size = size
        return answer.text

    def _post(self, witness: Asked, body: bytes) -> httpx.Response | None:
        name = witness.key.name
        if not self.circuits.begin(name):
            return None
        try:
            with httpx.Client(timeout=TIMEOUT_S, transport=self.transport) as client:
                answer = client.post(f"{witness.url}/add-checkpoint", content=body)
            self.circuits.arrived(name)
            return answer
        except httpx.HTTPError as away:
            self.circuits.failed(name)
            log.warning("witness is away", extra={"fault": type(away).__name__})
            return None

    def _proof(self, witness: Asked, size: int) -> list[bytes]:
        with reading(self.engine) as session:
            connection = session.connection()
            tiles = Tiles(lambda level, first, count: log_rows.stored_hashes(
                connection, level, first, count))  # fmt: skip
            return consistency_proof(witness.size, size, tiles.node)


def witnessing_of(
    settings: Settings, engine: Engine, alarm: Callable[[str], None], circuits: Circuits
) -> Witnessing:
    """As the settings say. Another process cannot wake this one, so it looks more often where
    somebody there may wait."""
    period_s = settings.witness_period_s
    if settings.witness_wait_s:
        period_s = min(period_s, AWAITED_S)
    return Witnessing(
        engine, witnesses_of(settings.witnesses), settings.witness_quorum, settings.witnessed_file,
        period_s, alarm, circuits,
    )  # fmt: skip
