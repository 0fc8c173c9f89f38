"""Every table there is, so that `alembic check` can tell the code from the database."""

import importlib
import pkgutil

from sqlalchemy import MetaData
from sqlmodel import SQLModel

_ROOMS = ("domain", "audit", "authz", "app")


def every_table() -> MetaData:
    """Import each module of the rooms that keep rows; their tables meet in one MetaData."""
    for room in _ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            importlib.import_module(module.name)
    return SQLModel.metadata
