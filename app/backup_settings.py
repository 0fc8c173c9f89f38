"""What can be set for backups: where they stand, where copies go, how far back a cluster can go."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class BackupSettings(BaseSettings):
    """Part of the settings."""

    backup_folder: Path | None = None  # on another disk, best; "backups" in the data folder if None
    backup_period_s: Annotated[float, Field(ge=0)] = 300.0  # 0: the house makes none itself
    backup_drill_s: Annotated[float, Field(ge=0)] = 7 * 86_400.0  # 0: nobody rehearses
    backup_target: str | None = None  # s3+https://host:port/bucket/prefix, where copies are sent
    backup_target_key: SecretStr | None = None  # "ID:SECRET", or in a file:
    backup_target_key_file: Path | None = None  # 0600; read at each round, so it may be renewed
    backup_target_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] = "us-east-1"
    backup_target_ca: Path | None = None  # who signs its certificate; the system's list if None
    backup_keep_local: bool = True  # False: removed here once it stands there

    cluster_backup_url: SecretStr | None = None  # of a role that may REPLICATION; else database_url
    cluster_backup_days: Annotated[float, Field(ge=0)] = 7.0  # how far back any moment can be had
    postgres_programs: Path | None = None  # folder of pg_basebackup and others; the usual if None
