"""Where an export's files come from: a folder, or anything that names and reads them."""

import os
import stat
from pathlib import Path
from typing import NoReturn, Protocol


class Files(Protocol):
    """An export's files by name; `read` raises OSError."""

    def names(self) -> set[str]: ...

    def read(self, name: str) -> bytes: ...


class FolderFiles:
    """An export in a folder. A link or a device counts as a file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> set[str]:
        found = set()
        for folder, folders, files in os.walk(self._folder, onerror=_raise):
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*files, *linked):
                found.add(Path(folder, name).relative_to(self._folder).as_posix())
        return found

    def read(self, name: str) -> bytes:
        descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("not a file")
            return file.read()


def _raise(problem: OSError) -> NoReturn:
    raise problem
