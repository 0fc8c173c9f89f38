"""Backups in a store far away: sent there, fetched from there, and no longer kept there.

Beside them lies the list of erasures, as beside those in the folder. Copies are what was sealed
here: the store sees times, sizes and how long the ledger was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from app.backup_target import access_of, target_of
from app.backups.container import MAX_LINE, BackupRefused, read_header
from app.backups.object_store import ObjectStore, TargetRefused
from app.backups.shelf import Kept, moment_of, newest_of, standing, too_old
from app.settings import Settings
from audit.erasures import NAME, BadErasures, erasures_signer, read_erasures, remember
from audit.guard import replace_file
from audit.keys import KeyKind, Keys
from audit.signer import Signer
from kit.clock import Clock

MARK = ".sent"  # in the folder: the name of the newest backup that stands far away
MOST_ERASURES = 1 << 26  # bytes of the list


@dataclass(frozen=True, slots=True)
class Away:
    """A backup that stands far away."""

    name: str
    at: datetime
    size: int
    store: ObjectStore

    def leaves(self) -> int:
        return read_header(BytesIO(self.store.beginning(self.name, MAX_LINE))).leaves


@dataclass(frozen=True, slots=True)
class Far:
    """Raises TargetAway, TargetRefused."""

    store: ObjectStore

    def standing(self) -> list[Away]:
        """Oldest first. Other objects are none of ours."""
        found = (
            Away(one.name, at, one.size, self.store)
            for one in self.store.listed()
            if (at := moment_of(one.name)) is not None
        )
        return sorted(found, key=lambda away: away.at)

    def fetch(self, name: str, folder: Path) -> Path:
        """The backup, and the list of erasures beside it, into the folder."""
        if moment_of(name) is None:
            raise TargetRefused(f"{name} is no name of a backup")
        self.store.get(name, folder / name)
        if (listed := self.store.content(NAME, MOST_ERASURES)) is not None:
            (folder / NAME).write_bytes(listed)
        return folder / name


def far_of(settings: Settings) -> Far | None:
    """None where no target is set. Raises KeyTrouble."""
    target = target_of(settings)
    return None if target is None else Far(ObjectStore(target, access_of(settings)))


def newest_sent(folder: Path) -> datetime | None:
    """Of the newest backup that stood far away when somebody last looked."""
    try:
        return moment_of((folder / MARK).read_text("ascii"))
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def is_waiting(folder: Path) -> bool:
    """Whether a backup stands here that is newer than all that stood far away."""
    here, sent = standing(folder), newest_sent(folder)
    return bool(here) and (sent is None or here[-1].at > sent)


def send(
    settings: Settings, keys: Keys, far: Far, clock: Clock, enough: Callable[[], bool]
) -> Kept | None:
    """Everything of the folder that is worth keeping and not there yet, the newest first, until
    it is `enough`; then the list of erasures, and what is no longer kept goes. The newest that was
    sent now; None where nothing was. Raises TargetAway, TargetRefused, BackupRefused, OSError.
    """
    folder = settings.backups
    here, there = standing(folder), far.standing()
    arrived = {one.name for one in there}
    both: list[Kept | Away] = [*here, *there]
    both.sort(key=lambda one: one.at)
    goes = {one.name for one in too_old(both, clock())}
    sent: list[Kept] = []
    for one in reversed(here):
        if one.name in arrived or one.name in goes:
            continue
        far.store.put(one.path, one.name)
        if not sent and is_waiting(folder):
            replace_file(folder / MARK, one.name.encode())  # whatever becomes of older ones
        sent.append(one)
        if enough():
            break
    there = far.standing()  # as the store says it, not as we believe
    _tell_newest(folder, there)
    _unite_erasures(settings, keys, far)
    for old in too_old(there, clock()):
        far.store.delete(old.name)
    if not settings.backup_keep_local:
        _remove_arrived(here, there)
    return sent[0] if sent else None


def _tell_newest(folder: Path, there: list[Away]) -> None:
    if there:
        replace_file(folder / MARK, there[-1].name.encode())
    else:
        (folder / MARK).unlink(missing_ok=True)


def _remove_arrived(here: list[Kept], there: list[Away]) -> None:
    sizes = {one.name: one.size for one in there}
    for one in here:
        if sizes.get(one.name) == one.size:
            one.path.unlink(missing_ok=True)


def _unite_erasures(settings: Settings, keys: Keys, far: Far) -> None:
    """Here and there whoever is on either list. A list there that is damaged stays as it is."""
    signer = erasures_signer(settings.log_origin, keys.secret(KeyKind.LEDGER))
    beside = settings.backups / NAME
    if not beside.exists():
        return  # no backup was made here yet
    listed = far.store.content(NAME, MOST_ERASURES)
    if listed is not None:
        _learn(beside, listed, signer)
    if (united := beside.read_bytes()) != listed:
        far.store.put_bytes(united, NAME)


def _learn(beside: Path, listed: bytes, signer: Signer) -> None:
    fetched = beside.with_name(f".{NAME}.far")
    try:
        fetched.write_bytes(listed)
        remember(beside, signer, read_erasures(fetched, signer.verifier))
    except BadErasures:
        raise BackupRefused("the list of erasures in the store is damaged: put it right") from None
    finally:
        fetched.unlink(missing_ok=True)


def fetched_newest(
    settings: Settings, into: Path, *, before: datetime | None = None, leaves: int | None = None
) -> Path:
    """The newest backup far away that is old enough. Raises BackupRefused too where none is."""
    far = far_of(settings)
    if far is None:
        raise BackupRefused("no backup_target is set")
    found = newest_of(far.standing(), before=before, leaves=leaves)
    if found is None:
        raise BackupRefused("there is no such backup in the store")
    return far.fetch(found.name, into)
