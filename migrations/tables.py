"""Every table there is, so that `alembic check` can tell the code from the database."""

import importlib
import pkgutil

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import SQLModel

ROOMS = ("domain", "audit", "authz", "app")
MODULES = frozenset(
    {
        "model",
        "approval_model",
        "archive_model",
        "blind_turn",
        "fleet_levels",
        "news_model",
        "directive_model",
        "preference_model",
        "roster_model",
        "rule_model",
        "waiver_model",
        "ward_profile",
        "outbox",
        "subjects",
        "tables",
    }
)  # what has tables is called


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number, by which the ledger and the feed order rows."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """As PostgreSQL calls it."""
        return "xid8"


ischema_names["xid8"] = TransactionId  # else reading the schema warns


def every_table() -> MetaData:
    """Import each module that declares tables; they meet in one MetaData."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if module.name.rpartition(".")[2] in MODULES:
                importlib.import_module(module.name)
    return SQLModel.metadata
