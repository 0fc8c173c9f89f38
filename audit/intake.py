"""Judges committed rows: an entry becomes a leaf, a bad row becomes evidence. Nothing stalls."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import orjson

from audit.chains import REPLAY, Chains
from audit.form import Link, Malformed, read
from audit.people import people_of, purpose_of
from audit.stream import mac_of, stream_key
from audit.tree import leaf_hash


@dataclass(frozen=True, slots=True)
class Written:
    """A committed row of ledger_entry."""

    id: int
    xid: int  # of its transaction on PostgreSQL, else 0
    stream: str
    sseq: int
    body: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is linked; `evidence` holds the leaf's own bytes where a row was found bad."""

    entry_id: int
    hash: bytes
    evidence: bytes | None = None
    people: frozenset[str] = frozenset()  # ids of those it names, where an entry is linked
    purpose: str | None = None  # likewise


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong with the ledger: which faults, at which row and leaf."""

    faults: tuple[str, ...]
    entry_id: int | None = None
    index: int | None = None


class Intake:
    """Checks MAC, form and continuity under the log's secrets, the newest first."""

    def __init__(self, log: str, secrets: Sequence[bytes]) -> None:
        self._log = log
        self._secrets = tuple(secrets)
        self._keys = lru_cache(maxsize=512)(self._stream_keys)

    def judge(self, row: Written, chains: Chains) -> tuple[list[Leaf], tuple[str, ...]]:
        """The leaves of a row and its faults. Moves `chains` on."""
        try:
            link, leaf = self._link(row), leaf_hash(row.body)
        except Malformed as problem:
            fault = str(problem)
            return [self._evidence(row, (fault,))], (fault,)
        faults = chains.follow(link, leaf.hex())
        if (row.stream, row.sseq) != (link.stream, link.sseq):
            faults += ("projection",)
        if not faults:
            return [_linked(row, leaf)], ()
        evidence = self._evidence(row, faults)
        # this program wrote it, so it is linked too, after the evidence of what is missing
        return [evidence] if REPLAY in faults else [evidence, _linked(row, leaf)], faults

    def _link(self, row: Written) -> Link:
        """Raises Malformed with the code of the fault."""
        try:
            link = read(row.body)
        except Malformed:
            raise Malformed("form") from None
        keys = self._keys(link.stream)
        if not any(hmac.compare_digest(mac_of(key, row.body), row.mac) for key in keys):
            raise Malformed("mac")
        if link.log != self._log:
            raise Malformed("log")
        return link

    def _stream_keys(self, stream: str) -> tuple[bytes, ...]:
        return tuple(stream_key(secret, self._log, stream) for secret in self._secrets)

    def _evidence(self, row: Written, faults: tuple[str, ...]) -> Leaf:
        body = orjson.dumps(
            {
                "evidence": {
                    "entry": row.id,
                    "faults": list(faults),
                    "length": len(row.body),
                    "sha256": sha256(row.body).hexdigest(),
                },
                "log": self._log,
                "v": 1,
            }
        )
        return Leaf(row.id, leaf_hash(body), body)


def _linked(row: Written, leaf: bytes) -> Leaf:
    return Leaf(row.id, leaf, None, frozenset(people_of(row.body)), purpose_of(row.body))
