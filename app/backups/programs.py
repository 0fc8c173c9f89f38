"""PostgreSQL's own programs: where they are, and how they are run."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.backups.container import BackupRefused

_INSTALLED = "/usr/lib/postgresql"  # Debian's place for each release


@dataclass(frozen=True, slots=True)
class Programs:
    """`folder`: of the programs; None looks where they are usually put. `run_as`: whom the server
    shall be, where we are root, which it refuses to be."""

    folder: Path | None = None
    run_as: str | None = None

    def find(self, name: str, release: int) -> Path:
        """Raises BackupRefused where there is none of this release."""
        if (found := self.look_for(name, release)) is None:
            raise BackupRefused(
                f"{name} of PostgreSQL {release} is not on this machine: install it, or name its"
                " folder in postgres_programs"
            )
        return found

    def look_for(self, name: str, release: int) -> Path | None:
        usual = shutil.which(name)
        places = (
            [self.folder / name]
            if self.folder
            else [Path(_INSTALLED, str(release), "bin", name), *([Path(usual)] if usual else [])]
        )
        return next((path for path in places if os.access(path, os.X_OK)), None)

    def require_no_root(self) -> None:
        """Raises BackupRefused where the server would have to be root."""
        if os.geteuid() == 0 and self.run_as is None:
            raise BackupRefused(
                "PostgreSQL does not run as root: be the user who shall own the cluster, or name"
                " that user with --run-as"
            )

    def run(self, *words: str | Path, at: Path) -> "subprocess.CompletedProcess[str]":
        """As the server's user, in the folder `at`."""
        return subprocess.run(  # noqa: S603 - PostgreSQL's programs, no shell
            [*words], cwd=at, env=plain_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **self._user(),
        )  # fmt: skip

    def own(self, path: Path) -> None:
        """Make it the server's user's."""
        if os.geteuid() == 0 and self.run_as is not None:
            user = pwd.getpwnam(self.run_as)
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)

    def _user(self) -> dict[str, Any]:
        if os.geteuid() != 0 or self.run_as is None:
            return {}
        user = pwd.getpwnam(self.run_as)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def plain_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """No PG… variable of somebody else's session, and messages that can be read."""
    home = os.environ.get("HOME", "/")  # its .postgresql may say who signs the server's certificate
    return {"PATH": os.defpath, "LC_ALL": "C", "HOME": home, **(more or {})}
