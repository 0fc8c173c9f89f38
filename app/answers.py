"""First answers, kept so that a repeated mutation is answered alike.

An answer may hold personal data or a token that is shown once, so it is stored encrypted;
of the payload only a keyed hash is kept.
"""

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlmodel import SQLModel

from kit.canonical import canonical_json
from kit.clock import parse_time, time_text
from kit.command import Command
from kit.sealed import Sealed

NONCE = 12  # bytes, AES-GCM


class Answers:
    """Seals answers and fingerprints payloads under keys derived from one secret of ≥ 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(_derive(secret, b"wardgrid answers"))
        self._mac_key = _derive(secret, b"wardgrid payloads")

    def fingerprint(self, command: Command[Any]) -> bytes:
        """Equal for equal commands; tells nothing about the payload without the key."""
        payload = [type(command).__name__, command.payload()]
        return hmac.digest(self._mac_key, canonical_json(payload), hashlib.sha256)

    def freeze(self, result: Any, key: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        text = json.dumps(_freeze(result)).encode()
        return nonce + self._cipher.encrypt(nonce, text, key)

    def thaw(self, answer: bytes, key: bytes, kind: Any) -> Any:
        """The result as it was, rows detached. `kind` is the command's declared result."""
        text = self._cipher.decrypt(answer[:NONCE], answer[NONCE:], key)
        return _thaw(kind, json.loads(text))


def result_type(command: type[Command[Any]]) -> Any:
    """What `apply` is annotated to return."""
    return get_type_hints(command.apply).get("return", NoneType)


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)


def _freeze(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Sealed):
        return b64encode(value.ciphertext).decode()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, SQLModel):
        return {name: _freeze(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value):
        return {field.name: _freeze(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _freeze(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_freeze(item) for item in value]
    raise TypeError(f"a command may not answer with {type(value).__name__}")


def _thaw(kind: Any, value: Any) -> Any:
    if value is None or kind in (Any, NoneType):
        return value
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _thaw(next(part for part in get_args(kind) if part is not NoneType), value)
    if origin in (list, tuple, Sequence):
        return _thaw_many(origin, get_args(kind), value)
    if origin is dict:
        return {key: _thaw(get_args(kind)[1], item) for key, item in value.items()}
    if isinstance(kind, type):
        return _thaw_one(kind, value)
    return value


def _thaw_many(origin: Any, kinds: tuple[Any, ...], values: list[Any]) -> Any:
    if origin is tuple and kinds[-1] is not Ellipsis:
        return tuple(_thaw(kind, item) for kind, item in zip(kinds, values, strict=True))
    items = [_thaw(kinds[0], item) for item in values]
    return tuple(items) if origin is tuple else items


def _thaw_one(kind: type, value: Any) -> Any:
    if issubclass(kind, SQLModel):
        hints = get_type_hints(kind)
        return kind(**{name: _thaw(hints[name], item) for name, item in value.items()})
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _thaw(hints[name], item) for name, item in value.items()})
    if issubclass(kind, datetime):
        return parse_time(value)
    if issubclass(kind, date):
        return date.fromisoformat(value)
    if issubclass(kind, Sealed):
        return Sealed(b64decode(value))
    if issubclass(kind, bytes):
        return b64decode(value)
    if issubclass(kind, UUID | Enum):
        return kind(value)
    return value
