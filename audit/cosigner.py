"""Cosigns checkpoints: the private key of a witness."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import require_name
from audit.cosignature import TIME, WitnessKey, signed_bytes


class Cosigner:
    """A witness's private key under its name."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = WitnessKey(require_name(name), self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Cosigner({self.public.name}, ***)"

    def cosign(self, text: str, at: int) -> str:
        """The line to put below a checkpoint's text, ended by a newline."""
        blob = self.public.hash + TIME.pack(at) + self._key.sign(signed_bytes(text, at))
        return f"— {self.public.name} {base64.b64encode(blob).decode()}\n"
