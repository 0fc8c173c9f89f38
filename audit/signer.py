"""Signs checkpoints: the one private key of a log."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import (
    ED25519,
    BadNote,
    Checkpoint,
    Verifier,
    b64,
    parse_key,
    require_name,
)


class Signer:
    """A private key under its name, as text `PRIVATE+KEY+name+hash+base64(0x01 ‖ seed)`."""

    def __init__(self, name: str, seed: bytes) -> None:
        require_name(name)
        self.name = name
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.name}, ***)"

    @classmethod
    def generate(cls, name: str) -> "Signer":
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Raises BadNote; the message never holds key material."""
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise BadNote("a signing key begins with PRIVATE+KEY+")
        name, seed = parse_key(text.removeprefix(prefix))
        signer = cls(name, seed)
        if signer.secret_text() != text:
            raise BadNote("the signing key's hash does not belong to it")
        return signer

    def secret_text(self) -> str:
        """For the key file only."""
        return f"PRIVATE+KEY+{self.name}+{self.verifier.hash.hex()}+{b64(ED25519 + self._seed)}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note."""
        text = checkpoint.text()
        signature = b64(self.verifier.hash + self._key.sign(text.encode()))
        return f"{text}\n— {self.name} {signature}\n"
