"""Where the keys come from, as the settings say, and what production refuses of it."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.vault_transit import Address, VaultTransit
from audit.keys import Keys, KeyTrouble, development_keys, load_keys

if TYPE_CHECKING:
    from app.settings import Settings

FILE, ENVIRONMENT, VAULT = "file", "environment", "vault"


def keys_of(settings: "Settings") -> Keys:
    """The house's keys. Raises KeyTrouble."""
    if settings.key_provider == ENVIRONMENT:
        if settings.key_secret is None:
            raise KeyTrouble("key_provider environment needs WARDGRID_KEY_SECRET")
        return development_keys(settings.key_secret.get_secret_value())
    if settings.key_provider == FILE:
        return load_keys(settings.key_folder)
    problems = vault_problems(settings)
    if problems or settings.vault_url is None or settings.vault_token_file is None:
        raise KeyTrouble("; ".join(problems))
    vault = VaultTransit(
        Address(
            url=settings.vault_url, key=settings.vault_key, mount=settings.vault_mount,
            token_file=settings.vault_token_file, namespace=settings.vault_namespace,
            ca=settings.vault_ca, timeout_s=settings.vault_timeout_s,
        )
    )  # fmt: skip
    keys = load_keys(settings.key_folder, kek=vault)
    vault.held = keys.held_kek()
    return keys


def key_problems(settings: "Settings") -> list[str]:
    """What production refuses, each as a sentence."""
    if settings.key_provider == ENVIRONMENT:
        return ["key_provider environment is for development: whoever knows the text knows all"]
    return vault_problems(settings) if settings.key_provider == VAULT else []


def vault_problems(settings: "Settings") -> list[str]:
    """What no profile may do: a token goes over the line, and keys come back."""
    problems = [
        f"key_provider vault needs {name}"
        for name in ("vault_url", "vault_token_file")
        if getattr(settings, name) is None
    ]
    parts = urlsplit(settings.vault_url or "https:")
    if parts.scheme != "https" and not _here(parts.hostname or ""):
        problems.append("vault_url reaches another machine without TLS (use https://)")
    return problems


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
