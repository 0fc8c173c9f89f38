"""The lists of erasures that a restore can find: whom no backup may bring back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.backups.container import BackupRefused
from app.settings import Settings
from audit.entry import parse_body
from audit.erasures import NAME, SHRED, BadErasures, read_erasures, remember
from audit.report import Result
from audit.signer import Signer
from audit.verify import verify

_MARK = f'"action":"{SHRED}"'.encode()


def keep_beside(settings: Settings, signer: Signer, folder: Path) -> None:
    """Put this house's list into the folder of its backups. Raises BadErasures, OSError."""
    listed = read_erasures(settings.erasures_file, signer.verifier)
    remember(folder / NAME, signer, listed)


def found(
    settings: Settings, log: Signer, signer: Signer, archive: Path, given: Sequence[Path]
) -> list[bytes] | None:
    """The united list: of the new place, of beside the backup, and those that were given, which
    may be exports of the ledger too. None where there is none at all. Raises BackupRefused."""
    if missing := [path.name for path in given if not path.exists()]:
        raise BackupRefused(f"{missing[0]} is not there")
    beside = (settings.erasures_file, archive.parent / NAME)
    places = [*(path for path in beside if path.exists()), *given]
    bodies: list[bytes] = []
    for path in places:
        if path.is_dir():
            bodies += _exported(path, log)
            continue
        try:
            bodies += read_erasures(path, signer.verifier)
        except BadErasures as damaged:
            raise BackupRefused(f"{damaged}; find another copy, or take it away") from None
    return list(dict.fromkeys(bodies)) if places else None


def _exported(folder: Path, log: Signer) -> Iterator[bytes]:
    """Erasures in an export that verifies."""
    if verify(folder, [log.verifier.text]).result is Result.FAIL:
        raise BackupRefused(f"the export {folder.name} does not verify")
    for bundle in sorted((folder / "bundles").iterdir()):
        for line in bundle.read_bytes().split(b"\n"):
            if _MARK in line:
                entry = parse_body(line)
                if (entry["action"], entry["outcome"]) == (SHRED, "done"):
                    yield line
