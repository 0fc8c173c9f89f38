"""Opens sealed fields after the snapshot they were read in has been closed.

A view opens a field when the response is put together, in another thread than the read. Keys
that the read has loaded are in memory; one that is not is fetched in a moment of its own.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

from sqlalchemy import Engine
from sqlmodel import Session

from audit.seal import FieldVault
from kit.db import reading
from kit.sealed import Vault


def late_vault(vault: FieldVault, engine: Engine) -> Vault:
    """A vault for reading that is bound to no session."""
    return vault.bind(cast(Session, _Later(engine)))


class _Later:
    """The two members of a session that opening a field needs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def no_autoflush(self) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, model: type[Any], key: object) -> Any:
        with reading(self._engine) as session:
            return session.get(model, key)
