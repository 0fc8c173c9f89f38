"""Proof that one entry is in the log: C2SP tlog-proof, made here and checked by anyone.

c2sp.org/tlog-proof@v1
index N
hash, base64, one line each

the signed note
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import BadNote, Checkpoint, Verifier, open_checkpoint, read_unchecked
from audit.tree import Node, check_inclusion, inclusion_proof, leaf_hash

_TITLE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)
MOST_HASHES = 64


class BadProof(ValueError):
    """The proof does not show that this entry is in this log."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a leaf is, the hashes beside its way to the root, the note over the root."""

    index: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.path)
        return f"{_TITLE}\nindex {self.index}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Raises BadProof."""
        head, gap, note = text.partition("\n\n")
        title, *lines = head.split("\n")
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if title != _TITLE or not index or not gap or len(lines) > MOST_HASHES + 1:
            raise BadProof("not a proof in its format")
        try:
            path = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
        except (binascii.Error, ValueError):
            raise BadProof("a hash of the proof is not base64") from None
        proof = cls(int(index[1]), path, note)
        if proof.text() != text:
            raise BadProof("the proof is not in its one form")
        return proof


def make_proof(index: int, size: int, note: str, node: Node) -> Proof:
    """Raises ValueError for a leaf outside the tree."""
    return Proof(index, tuple(inclusion_proof(index, size, node)), note)


def check_proof(body: bytes, text: str, public_keys: Sequence[str]) -> Checkpoint:
    """The checkpoint that covers this body. Raises BadProof."""
    proof = Proof.parse(text)
    try:
        verifiers = [Verifier.parse(key) for key in public_keys]
        checkpoint = open_checkpoint(proof.note, verifiers)
    except BadNote as problem:
        raise BadProof(str(problem)) from None
    leaf = leaf_hash(body)
    if not check_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root):
        raise BadProof("the entry is not the one that was signed")
    return checkpoint


def size_of_note(note: str) -> int:
    return read_unchecked(note).size
