"""Who may send HL7 messages, to which hospital, in whose name; and who is told of our changes.

A file `hl7_peers.toml` in the data folder, one `[[peer]]` for each. docs/hl7.md shows one.
"""

import ipaddress
import stat
import tomllib
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.networks import IPvAnyNetwork

FILE_NAME = "hl7_peers.toml"
Triggers = Literal["A01", "A02", "A03", "A11", "A12", "A13", "A17", "A20"]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Kind = Annotated[str, Field(pattern=r"^[A-Z0-9]{3}(\^[A-Z0-9]{3})?$")]
_Application = Annotated[str, Field(pattern=r"^[^|\r\n]{1,80}$")]


class PeersUnusable(ValueError):
    """The file is missing, open to others, or wrong; the text says where."""


class Send(BaseModel):
    """Where this peer hears of our changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    triggers: tuple[Triggers, ...] = ("A01", "A02", "A03", "A17", "A20")
    application: _Application = "HIS"  # MSH-5
    facility: _Application = "HIS"  # MSH-6
    tls_ca: Path | None = None  # whoever signed the peer's certificate; None: no TLS
    certificate: Path | None = None  # ours, where the peer asks for one
    key: Path | None = None
    answer_s: Annotated[int, Field(ge=1, le=300)] = 30  # how long an answer is awaited


class Peer(BaseModel):
    """One system on the other side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    hospital: str  # code
    account: UUID | None = None  # the service account that its messages act under
    addresses: tuple[IPvAnyNetwork, ...] = ()
    fingerprints: tuple[_Digest, ...] = ()  # SHA-256 of its certificate; any one of them
    messages: tuple[_Kind, ...] = ("ADT",)  # ADT: every trigger; ORU^R01: this one
    sources: tuple[str, ...] = ()  # MSH-3|MSH-4 that it may use; none: any
    parked: Literal["AA", "AE"] = "AA"  # how a message that is kept but waits is answered
    infer_cleaning: bool = False
    encoding: str | None = None  # of messages that declare none and are not UTF-8
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    send: Send | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        sends = bool(self.addresses or self.fingerprints)
        if not (sends or self.send):
            raise ValueError("a peer has addresses or fingerprints, or [peer.send]")
        if sends and self.account is None:
            raise ValueError("a peer that sends needs the account that it acts under")
        return self

    def takes(self, code: str, kind: str) -> bool:
        """Whether a message of this kind (ADT, ADT^A01) is agreed with the peer."""
        return code in self.messages or kind in self.messages

    def is_at(self, address: str, fingerprint: str | None) -> bool:
        """Whether a connection is this peer's: by certificate where it has one, and by address."""
        if not (self.addresses or self.fingerprints):
            return False
        if self.fingerprints and fingerprint not in self.fingerprints:
            return False
        here = ipaddress.ip_address(address.partition("%")[0])
        plain = getattr(here, "ipv4_mapped", None) or here
        return not self.addresses or any(plain in network for network in self.addresses)


class Peers:
    """The peers of the file, read again when it changed; a broken change is not taken over."""

    def __init__(self, path: Path) -> None:
        """Raises PeersUnusable."""
        self._path = path
        self._read_at = _stamp(path)
        self.all: tuple[Peer, ...] = read_peers(path)

    def find(self, address: str, fingerprint: str | None) -> Peer | None:
        """Whose connection this is."""
        self._refresh()
        certified = sorted(self.all, key=lambda peer: not peer.fingerprints)
        return next((peer for peer in certified if peer.is_at(address, fingerprint)), None)

    def _refresh(self) -> None:
        try:
            if (stamp := _stamp(self._path)) != self._read_at:
                self._read_at = stamp
                self.all = read_peers(self._path)
        except (OSError, PeersUnusable):
            return  # `ingest peers check` says why; those who are known stay known


def read_peers(path: Path) -> tuple[Peer, ...]:
    """Every peer of the file. Raises PeersUnusable."""
    try:
        if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PeersUnusable(f"{path.name} can be changed by other users of this machine")
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as odd:
        if isinstance(odd, PeersUnusable):
            raise
        raise PeersUnusable(f"{path.name} cannot be read: {type(odd).__name__}") from odd
    if set(told) - {"peer"} or not isinstance(told.get("peer", []), list):
        raise PeersUnusable(f"{path.name} holds [[peer]] tables and nothing else")
    peers = tuple(
        _peer(path, number, table) for number, table in enumerate(told.get("peer", []), 1)
    )
    for problem in _clashes(peers):
        raise PeersUnusable(f"{path.name}: {problem}")
    return peers


def _peer(path: Path, number: int, table: object) -> Peer:
    try:
        return Peer.model_validate(table)
    except ValidationError as odd:
        first = odd.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "peer"
        raise PeersUnusable(f"{path.name}, peer {number}: {where}: {first['msg']}") from odd


def _clashes(peers: Sequence[Peer]) -> Iterator[str]:
    """Two peers that one connection could belong to."""
    for one, other in combinations(peers, 2):
        if one.name == other.name:
            yield f"two peers are called {one.name}"
        if one.fingerprints or other.fingerprints:
            continue
        if any(
            a.version == b.version and a.overlaps(b) for a in one.addresses for b in other.addresses
        ):
            yield f"{one.name} and {other.name} share an address; give them certificates"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as odd:
        raise PeersUnusable(f"{path.name} cannot be read: {type(odd).__name__}") from odd
    return found.st_mtime_ns, found.st_size
