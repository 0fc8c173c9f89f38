"""The daily note: written once a day, drawn as a QR code, mailed until the relay takes it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import segno

from app.settings import Profile, Settings
from audit.checkpoint import open_checkpoint
from audit.export import newest_checkpoint
from gateways.daily_note import DailyNote, door
from gateways.mail import MailTls, Relay
from tests.audit.ledgers import SIGNER, Ledger
from tests.house import house
from tests.notices.servers import Mailbox, smtp

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
OFFICE = "compliance@example.org"


def test_each_day_has_one_note_that_is_mailed_until_it_is_taken(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    folder, now = tmp_path / "notes", NOON
    box = Mailbox(answers=["451 later"])
    with smtp(box, None) as port:
        relay = Relay("127.0.0.1", port, "house@example.org", MailTls.NONE, time_s=5)

        def newest() -> str:
            return newest_checkpoint(sqlite_ledger.engine)

        daily = DailyNote(newest, folder, lambda: now, relay, (OFFICE,))
        assert daily.look()
        assert not folder.exists()  # nothing is signed yet
        sqlite_ledger.fill(2)
        assert not daily.look()  # the relay said: later
        first = (folder / "2026-11-30.note").read_text("utf-8")
        sqlite_ledger.fill(1)
        assert daily.look()
        again = DailyNote(newest, folder, lambda: now, relay, (OFFICE,))
        assert again.look()  # after a restart: written and mailed already
        now = NOON + timedelta(days=1)
        assert again.look()
    assert (folder / "2026-11-30.note").read_text("utf-8") == first
    assert open_checkpoint(first, [SIGNER.verifier]).size == 2
    assert open_checkpoint((folder / "2026-12-01.note").read_text(), [SIGNER.verifier]).size == 3
    assert sqlite_ledger.verify(first).result == 0
    assert [to for _, to, _ in box.mails] == [OFFICE, OFFICE]
    mail = message_from_bytes(box.mails[0][2], policy=policy.default)
    parts = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert parts["2026-11-30.note"].replace("\r\n", "\n") == first
    assert parts["2026-11-30.svg"] == (folder / "2026-11-30.svg").read_bytes()


def test_the_code_holds_the_whole_note(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    sqlite_ledger.fill(1)
    note = newest_checkpoint(sqlite_ledger.engine)
    DailyNote(lambda: note, tmp_path, lambda: NOON).look()
    drawn = segno.make(note, error="m", micro=False)
    drawn.save(str(tmp_path / "expected.svg"), scale=4)
    assert (tmp_path / "2026-11-30.svg").read_bytes() == (tmp_path / "expected.svg").read_bytes()
    assert drawn.mode == "byte"
    assert (drawn.error, int(drawn.version) <= 40) == ("M", True)


def test_the_door_opens_where_a_folder_is_set(sqlite_url: str, tmp_path: Path) -> None:
    with house(sqlite_url, tmp_path) as app:
        assert door(app) is None
        app.settings = Settings(data_folder=tmp_path, profile=Profile.DEVELOPMENT,
                                daily_note_folder=tmp_path / "notes")  # fmt: skip
        made = door(app)
        assert made is not None
        assert b"wardgrid_daily_note_age_seconds -1.0" in app.metrics.render()
