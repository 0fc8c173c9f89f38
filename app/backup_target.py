"""Where copies of backups are sent to, as the settings say, and what is refused of it."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from app.secret_file import secret_in
from audit.keys import KeyTrouble

if TYPE_CHECKING:
    from app.settings import Settings

_FORM = re.compile(
    r"s3\+(?P<origin>https?://[^/?#@\s]+)/(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"(?P<prefix>(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)/?"
)
_FORM_TOLD = "backup_target is not of the form s3+https://host:port/bucket/prefix"


class BadTarget(KeyTrouble):
    """The settings of the target are wrong, or its access key is missing."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the store knows us by."""

    key_id: str
    secret: SecretStr


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket of an S3-compatible store, addressed by path, and a folder in it."""

    origin: str
    bucket: str
    prefix: str  # "" or ending in a slash
    region: str
    ca: Path | None = None

    @property
    def told(self) -> str:
        """For people."""
        return f"{self.origin}/{self.bucket}/{self.prefix}"


def target_of(settings: "Settings") -> Target | None:
    """None where none is set. Raises BadTarget."""
    if settings.backup_target is None:
        return None
    if problems := target_problems(settings):
        raise BadTarget("; ".join(problems))
    found = _FORM.fullmatch(settings.backup_target)
    assert found is not None  # noqa: S101 - the problems said so
    prefix = found["prefix"].strip("/")
    return Target(
        found["origin"], found["bucket"], f"{prefix}/" if prefix else "",
        settings.backup_target_region, settings.backup_target_ca,
    )  # fmt: skip


def access_of(settings: "Settings") -> Access:
    """The access key, read anew each time. Raises KeyTrouble."""
    if settings.backup_target_key_file is not None:
        text = secret_in(settings.backup_target_key_file, "backup_target_key_file")
    elif settings.backup_target_key is not None:
        text = settings.backup_target_key.get_secret_value()
    else:
        raise BadTarget("backup_target needs backup_target_key_file")
    key_id, colon, secret = text.partition(":")
    if not (key_id.isalnum() and colon and secret) or not secret.isascii():
        raise BadTarget("the access key of backup_target is not of the form ID:SECRET")
    return Access(key_id, SecretStr(secret))


def target_problems(settings: "Settings") -> list[str]:
    """What no profile may do, each as a sentence."""
    if settings.backup_target is None:
        return []
    problems = []
    found = _FORM.fullmatch(settings.backup_target)
    parts = urlsplit(found["origin"] if found else "")
    if found is None or not parts.hostname:
        problems.append(_FORM_TOLD)
    elif parts.scheme != "https" and not _here(parts.hostname):
        problems.append("backup_target reaches another machine without TLS (use s3+https://)")
    given = (settings.backup_target_key, settings.backup_target_key_file)
    if sum(one is not None for one in given) != 1:
        problems.append("backup_target needs backup_target_key_file or backup_target_key, not both")
    return problems


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
