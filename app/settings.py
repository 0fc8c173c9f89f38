"""What can be set from outside: arguments, `WARDGRID_` variables, then `wardgrid.toml`.

The file lies in the data folder. No secret has a default, and the production profile, which is
the default, refuses to start on a weak or open setting.
"""

import ipaddress
import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import URL, make_url

from app.archive_settings import ArchiveSettings
from app.backup_settings import BackupSettings
from app.backup_target import target_problems
from app.key_settings import key_problems
from app.notice_settings import notice_problems
from app.password_settings import password_problems
from app.trace_settings import TraceSettings, receiver_host, trace_problems
from app.witness_settings import WitnessSettings, witness_problems

FILE_NAME = "wardgrid.toml"
LEAST_SECRET = 32  # characters
UNNAMED_LOG = "wardgrid.localhost/log"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Profile(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"


class UnsafeSettings(ValueError):
    """The production profile refuses to start; the message lists every reason."""


class Settings(ArchiveSettings, BackupSettings, TraceSettings, WitnessSettings):
    """Give it to the composition root; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="WARDGRID_", extra="forbid", frozen=True)

    profile: Profile = Profile.PRODUCTION
    database_url: SecretStr | None = None  # may hold a password; SQLite in the data folder if None
    database_pool: Annotated[int, Field(ge=2, le=200)] = 16

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080  # 0: any free port
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False  # a proxy in front speaks TLS and sets the forwarded headers
    origins: Annotated[tuple[str, ...], NoDecode] = ()  # of browsers that may open a live socket
    metrics_token: SecretStr | None = None  # without one, /metrics answers this machine only
    password_words: Annotated[tuple[str, ...], NoDecode] = ()  # of this house: no password of them
    breached_passwords: Path | None = None  # sorted SHA-1 hashes, see authz/password_lists.py
    connections: Annotated[int, Field(ge=8, le=65_536)] = 512  # open at once; more are refused

    log_origin: Annotated[str, Field(pattern=r"^[!-*,-~]{1,200}$")] = UNNAMED_LOG
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    screens: Path | None = None  # folder of the built screens, where it is not beside the program
    mqtt_url: Annotated[str, Field(pattern=r"^mqtts?://[^/?#@]+$")] | None = None  # of the broker
    mqtt_username: str | None = None
    mqtt_password: SecretStr | None = None
    mqtt_ca: Path | None = None  # who signs the broker's certificate; the system's list if None
    mqtt_client_certificate: Path | None = None
    mqtt_client_key: Path | None = None
    mqtt_group: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None  # of several
    mqtt_client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    mqtt_in_flight: Annotated[int, Field(ge=16, le=10_000)] = 1000  # messages not stored yet
    mqtt_broker_folder: Path | None = None  # of `wardgrid mqtt broker`: kept up to date

    jobs_at_once: Annotated[int, Field(ge=1, le=64)] = 1  # solver runs
    disk_floor_mib: Annotated[int, Field(ge=0)] = 64  # less free room: the house is read-only
    disk_reserve_mib: Annotated[int, Field(ge=0)] = 8  # given up when a write fails all the same
    drain_s: Annotated[int, Field(ge=1, le=300)] = 20  # a stop waits this long for open requests
    mllp_port: Annotated[int, Field(ge=0, le=65535)] | None = None  # None: HL7 stays outside
    mllp_host: str = "127.0.0.1"
    mllp_certificate: Path | None = None
    mllp_key: Path | None = None
    mllp_client_ca: Path | None = None  # who signs the certificates of peers
    mllp_peers: Path | None = None  # hl7_peers.toml in the data folder if None
    mllp_connections: Annotated[int, Field(ge=1, le=4096)] = 64
    mllp_idle_s: Annotated[float, Field(ge=0.2, le=3600)] = 30.0

    smtp_host: str | None = None  # the mail relay; None: no mail
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    smtp_tls: Annotated[str, Field(pattern="^(starttls|tls|none)$")] = "starttls"
    smtp_ca: Path | None = None  # who signs the relay's certificate; the system's list if None
    notice_channels: Annotated[tuple[str, ...], NoDecode] = ()  # webhook, wecom, dingtalk, feishu
    notice_targets_inside: Annotated[tuple[str, ...], NoDecode] = ()  # host:port; tests only
    daily_note_folder: Path | None = None  # where the signed head of each day is put, to be kept
    daily_note_to: Annotated[tuple[str, ...], NoDecode] = ()  # mail addresses that get it too
    key_provider: Annotated[str, Field(pattern="^(file|environment|vault)$")] = "file"
    key_secret: SecretStr | None = None  # of the provider environment: every key comes from it
    vault_url: Annotated[str, Field(pattern=r"^https?://[^/?#@]+/?$")] | None = None
    vault_mount: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")] = "transit"
    vault_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "wardgrid"
    vault_token_file: Path | None = None  # 0600; read at each request, so an agent may renew it
    vault_namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9_/-]{1,128}$")] | None = None
    vault_ca: Path | None = None  # who signs Vault's certificate; the system's list if None
    vault_timeout_s: Annotated[float, Field(ge=0.1, le=30)] = 2.0
    dead_man_url: SecretStr | None = None  # told every period that the program lives
    dead_man_period_s: Annotated[float, Field(ge=1, le=3600)] = 60.0

    @field_validator(
        "origins",
        "notice_channels",
        "notice_targets_inside",
        "witnesses",
        "daily_note_to",
        "password_words",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = init_settings().get("data_folder") or env_settings().get("data_folder")
        if folder is None:
            return (init_settings, env_settings)
        file = TomlConfigSettingsSource(settings_cls, Path(folder) / FILE_NAME)
        return (init_settings, env_settings, file)

    @property
    def development(self) -> bool:
        return self.profile is Profile.DEVELOPMENT

    @property
    def database(self) -> str:
        """The address of the database, its password in clear: never print it."""
        if self.database_url is None:
            return f"sqlite:///{self.data_folder / 'wardgrid.db'}"
        return self.database_url.get_secret_value()

    @property
    def key_folder(self) -> Path:
        return self.data_folder / "keys"

    @property
    def guard_file(self) -> Path:
        """The ledger's last checkpoint, outside the database so that a rollback shows."""
        return self.data_folder / "ledger.guard"

    @property
    def erasures_file(self) -> Path:
        """Who was erased, outside the database so that no restored backup brings them back."""
        return self.data_folder / "ledger.erasures"

    @property
    def mllp_peers_file(self) -> Path:
        """Who may send HL7 messages, and who is told of changes."""
        return self.mllp_peers or self.data_folder / "hl7_peers.toml"

    @property
    def witnessed_file(self) -> Path:
        """The newest checkpoint with its cosignatures, to be kept elsewhere."""
        return self.data_folder / "ledger.witnessed"

    @property
    def backups(self) -> Path:
        """Where backups stand."""
        return self.backup_folder or self.data_folder / "backups"

    @property
    def export_folder(self) -> Path:
        """Where the ledger is exported to as it grows."""
        return self.data_folder / "ledger"

    def require_safe(self) -> None:
        """Raise UnsafeSettings in production where something is open or weak."""
        problems = [] if self.development else list(_problems(self))
        if problems:
            raise UnsafeSettings("refusing to start: " + "; ".join(problems))


def load(data_folder: Path | None = None, **given: Any) -> Settings:
    """Read the settings; what is given here comes before variables and file."""
    if data_folder is not None:
        given["data_folder"] = data_folder
    return Settings(**given)


def _problems(settings: Settings) -> list[str]:
    return [
        *_open_files(settings),
        *_open_network(settings),
        *_weak_database(make_url(settings.database)),
        *_weak_token(settings.metrics_token),
        *key_problems(settings),
        *password_problems(settings),
        *target_problems(settings),
        *witness_problems(settings),
        *notice_problems(settings, relay_is_here=_loopback(settings.smtp_host or "")),
        *trace_problems(settings, receiver_is_here=_loopback(receiver_host(settings))),
        *(["log_origin has no name of its own"] if settings.log_origin == UNNAMED_LOG else []),
    ]


def _open_files(settings: Settings) -> list[str]:
    kept = (settings.data_folder, settings.data_folder / FILE_NAME, settings.key_folder)
    return [
        f"{path.name} is open to other users of this machine (chmod go= {path})"
        for path in kept
        if path.exists() and path.stat().st_mode & _OTHERS
    ]


def _open_network(settings: Settings) -> list[str]:
    problems = []
    encrypted = settings.tls_certificate is not None or settings.behind_proxy
    if not _loopback(settings.host) and not encrypted:
        problems.append(
            f"host {settings.host} is reachable from outside without TLS"
            " (set tls_certificate and tls_key, or behind_proxy)"
        )
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        problems.append("tls_certificate and tls_key belong together")
    broker = urlsplit(settings.mqtt_url or "mqtts:")
    if broker.scheme == "mqtt" and not _loopback(broker.hostname or ""):
        problems.append("mqtt_url reaches another machine without TLS (use mqtts://)")
    if settings.mllp_port is not None:
        problems += _open_hl7(settings)
    for origin in settings.origins:
        parts = urlsplit(origin)
        if parts.scheme != "https" and not _loopback(parts.hostname or ""):
            problems.append(f"origin {origin} is not https")
    return problems


def _open_hl7(settings: Settings) -> list[str]:
    problems = []
    if not _loopback(settings.mllp_host) and settings.mllp_certificate is None:
        problems.append(
            f"mllp_host {settings.mllp_host} is reachable from outside without TLS"
            " (set mllp_certificate and mllp_key, or let a TLS tunnel end on this machine)"
        )
    if (settings.mllp_certificate is None) != (settings.mllp_key is None):
        problems.append("mllp_certificate and mllp_key belong together")
    if not settings.mllp_peers_file.is_file():
        problems.append(f"mllp_port is set and {settings.mllp_peers_file.name} is missing")
    return problems


def _weak_database(url: URL) -> list[str]:
    if url.get_backend_name() == "sqlite":
        return [] if url.database else ["database_url keeps the rows in memory only"]
    host = str(url.host or url.query.get("host") or "")
    if host.startswith(os.sep) or _loopback(host):
        return []
    problems = []
    if url.query.get("sslmode") not in ("verify-ca", "verify-full"):
        problems.append("database_url reaches another machine without sslmode=verify-full")
    if url.password is not None and len(str(url.password)) < LEAST_SECRET // 2:
        problems.append(f"the password in database_url is shorter than {LEAST_SECRET // 2}")
    return problems


def _weak_token(token: SecretStr | None) -> list[str]:
    if token is None or len(token.get_secret_value()) >= LEAST_SECRET:
        return []
    return [f"metrics_token is shorter than {LEAST_SECRET} characters"]


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
