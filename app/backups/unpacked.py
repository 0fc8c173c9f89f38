"""A base backup and its WAL, out of their sealed containers, beside the place they shall take."""

import hashlib
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from app.backups import wal
from app.backups.cluster_copy import CLUSTER, NAME, SERVERS_MANIFEST, BaseManifest
from app.backups.container import BackupRefused, opened, require_key
from app.backups.manifest import MOST_BYTES
from app.backups.programs import Programs
from audit.keys import Keys

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Staged:
    """WAL in the order of its numbers. `last`: the last segment; `ends`: why there is no more,
    where that is not the archive's end."""

    folder: Path
    last: str
    ends: str | None


def unpack_base(
    archive: Path, keys: Keys, log: str, staging: Path, programs: Programs
) -> BaseManifest:
    """The cluster's files into the folder `cluster`, each as it was. Raises BackupRefused."""
    require_key(archive, keys)
    cluster, manifest = staging / CLUSTER, b""
    _make_folder(cluster, programs)
    with opened(archive, keys) as tar:
        for member in tar:
            if member.name == NAME and member.size <= MOST_BYTES:
                content = tar.extractfile(member)
                manifest = content.read() if content else b""
            else:
                _put(tar, member, staging, programs)
    if not manifest:
        raise BackupRefused("this is no base backup: it has no manifest of one")
    told = BaseManifest.parse(manifest)
    if told.log != log:
        raise BackupRefused(f"the backup is of the ledger {told.log}, this folder's is {log}")
    servers = cluster / SERVERS_MANIFEST
    if not servers.is_file() or _sha256(servers) != told.manifest_sha256:
        raise BackupRefused(f"{SERVERS_MANIFEST} is not what the manifest names")
    _require_verified(cluster, told.release, programs)
    return told


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, staging: Path, programs: Programs) -> None:
    name = Path(member.name)
    if name.is_absolute() or ".." in name.parts or name.parts[:1] != (CLUSTER,):
        raise BackupRefused("the backup holds something that is no part of a backup")
    target = staging / name
    if member.isdir():
        _make_folder(target, programs)
        return
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise BackupRefused(f"{name.name} is neither file nor folder: tablespaces are not restored")
    with target.open("xb") as file:
        target.chmod(0o600)
        shutil.copyfileobj(content, file, _BLOCK)
    programs.own(target)


def _make_folder(folder: Path, programs: Programs) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    programs.own(folder)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _require_verified(cluster: Path, release: int, programs: Programs) -> None:
    """By PostgreSQL's own program, where it is there. WAL is not in the backup."""
    if (program := programs.look_for("pg_verifybackup", release)) is None:
        return
    done = programs.run(program, "--no-parse-wal", "--quiet", cluster, at=cluster)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BackupRefused(f"pg_verifybackup refuses the base backup: {lines[0]}")


def unpack_wal(shelf: Path, first: str, keys: Keys, into: Path, programs: Programs) -> Staged:
    """All WAL from the segment `first` on, up to the first that is missing or damaged. Raises
    BackupRefused where not even the first is there."""
    _make_folder(into, programs)
    names = wal.standing(shelf)
    if first not in names:
        raise BackupRefused(f"the WAL segment {first}, with which the base begins, is missing")
    size, before, ends = 0, "", None
    for name in names:
        if len(name) == 24 and wal.place(name) < wal.place(first):
            continue
        try:
            if len(name) == 24 and before:
                _require_next(before, name, size)
            wal.fetch(name, shelf, keys, into / name)
        except BackupRefused as refused:
            ends = str(refused)
            break
        programs.own(into / name)
        if len(name) == 24:
            before, size = name, (into / name).stat().st_size
    if not before:
        raise BackupRefused(ends or f"the WAL segment {first} cannot be read")
    return Staged(into, before, ends)


def _require_next(before: str, name: str, size: int) -> None:
    """Between two segments, whatever their timelines, none is missing."""
    numbers = [_number(wal.place(one), size) for one in (before, name)]
    if numbers[1] > numbers[0] + 1:
        missing = _name(name[:8], numbers[0] + 1, size)
        raise BackupRefused(f"the WAL segment {missing} is missing, {name} behind it is there")


def _number(place: str, size: int) -> int:
    return int(place[:8], 16) * (0x100000000 // size) + int(place[8:], 16)


def _name(line: str, number: int, size: int) -> str:
    log, within = divmod(number, 0x100000000 // size)
    return f"{line}{log:08X}{within:08X}"
