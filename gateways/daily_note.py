"""The daily note: the log's signed head, given away each day as a file, a QR code and a mail.

Whoever keeps it can prove every later change of what it covers. A day's note is written once and
never replaced; a mail that was not taken is tried again.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

import segno

from app.wiring import App
from audit.checkpoint import read_unchecked
from audit.export import ExportRefused, newest_checkpoint
from audit.guard import replace_file
from domain.notices.addresses import mail_address
from domain.notices.words import Verdict
from gateways.mail import SENDER_NAME, Relay, hand_over
from gateways.notice_channels import relay_of
from kit.clock import Clock

log = logging.getLogger("wardgrid.ledger")

PERIOD_S = 300.0
_TEXT = """\
This is the signed head of the ledger {log} at {size} entries.
Keep it: it proves every later change of what it covers (wardgrid ledger verify --previous).

这是账本 {log} 在 {size} 条时的签名检查点。请保存:此后对其所覆盖内容的任何更改都可凭它证明。

"""


class DailyNote:
    """Looks every five minutes, from a thread of its own."""

    def __init__(
        self,
        newest: Callable[[], str],
        folder: Path,
        clock: Clock,
        relay: Relay | None = None,
        addresses: tuple[str, ...] = (),
    ) -> None:
        self._newest, self._folder, self._clock = newest, folder, clock
        self._relay, self._addresses = relay, addresses
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="daily-note", daemon=True)
        self.failures = 0  # in a row

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def age_s(self) -> float:
        """Seconds since the newest note was written; -1: there is none."""
        times = [path.stat().st_mtime for path in self._folder.glob("*.note")]
        return self._clock().timestamp() - max(times) if times else -1.0

    def look(self) -> bool:
        """Write today's note and mail it, unless that was done; False where something is left."""
        now = self._clock()
        note = self._folder / f"{now:%Y-%m-%d}.note"
        if not note.exists() and not self._write(note):
            return True  # nothing is signed yet
        waiting = [one for one in self._addresses if not _mark(note, one).exists()]
        return all([self._mail(note, address, now) for address in waiting])

    def _write(self, note: Path) -> bool:
        try:
            text = self._newest()
        except ExportRefused:
            return False
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        drawn = note.with_suffix(".svg")
        segno.make(text, error="m", micro=False).save(str(drawn), scale=4)
        replace_file(note, text.encode())  # the last: where it stands, the rest does too
        return True

    def _mail(self, note: Path, address: str, at: datetime) -> bool:
        if self._relay is None:
            return False
        mail = _letter(note, self._relay, address, at)
        outcome = asyncio.run(hand_over(self._relay, mail, address))
        if outcome.verdict is Verdict.SENT:
            replace_file(_mark(note, address), b"")
            return True
        log.error("daily note not mailed", extra={"code": outcome.code})
        return False

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.failures = 0 if self.look() else self.failures + 1
            except Exception as fault:  # tomorrow's note must not depend on today's disk
                self.failures += 1
                log.error("daily note failed", extra={"fault": type(fault).__name__})
            self._stop.wait(PERIOD_S)


def door(app: App) -> DailyNote | None:
    """Only where the settings name a folder."""
    settings = app.settings
    if settings.daily_note_folder is None:
        return None

    def newest() -> str:
        """With the witnesses' lines where enough of them cosigned."""
        if settings.witnesses and settings.witnessed_file.exists():
            return settings.witnessed_file.read_text("utf-8")
        return newest_checkpoint(app.engine)

    made = DailyNote(newest, settings.daily_note_folder, app.clock, relay_of(settings),
                     settings.daily_note_to)  # fmt: skip
    app.metrics.watch(
        "daily_note_age_seconds", "Age of the newest daily note; -1: none", made.age_s
    )
    app.metrics.watch("daily_note_failures", "Looks at the daily note that failed, in a row",
                      lambda: made.failures)  # fmt: skip
    return made


def _mark(note: Path, address: str) -> Path:
    """Stands where the note was handed over for this address."""
    return note.with_name(f".{note.stem}.{sha256(address.encode()).hexdigest()[:12]}.mailed")


def _letter(note: Path, relay: Relay, address: str, at: datetime) -> EmailMessage:
    text = note.read_text("utf-8")
    head = read_unchecked(text)
    mail = EmailMessage(policy=WIRE)
    mail["From"] = Address(SENDER_NAME, addr_spec=mail_address(relay.sender))
    mail["To"] = Address(addr_spec=mail_address(address))
    mail["Subject"] = f"{head.origin} {note.stem}: {head.size}"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{note.stem}.{head.size}@{relay.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_TEXT.format(log=head.origin, size=head.size) + text)
    mail.add_attachment(text, filename=note.name)
    drawn = note.with_suffix(".svg")
    mail.add_attachment(
        drawn.read_bytes(), maintype="image", subtype="svg+xml", filename=drawn.name
    )
    return mail
