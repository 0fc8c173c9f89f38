"""What can be set for base backups and the WAL of a PostgreSQL cluster."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class ClusterSettings(BaseSettings):
    """Part of the settings."""

    cluster_backup_url: SecretStr | None = None  # of a role that may REPLICATION; else database_url
    cluster_backup_days: Annotated[float, Field(ge=0)] = 7.0  # how far back any moment can be had
    postgres_programs: Path | None = None  # folder of pg_basebackup and others; the usual if None
