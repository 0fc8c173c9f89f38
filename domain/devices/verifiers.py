"""A device's secret and what is kept of it, in the form of Mosquitto 2 password files.

`$7$<iterations>$<salt>$<hash>`: PBKDF2 with HMAC-SHA-512 over the secret, salt and hash in
base64. The broker reads it as it is, so the secret itself need not be known to anybody here.
"""

import hashlib
import hmac
import os
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

PREFIX = "wgd_"  # lets scanners find a secret that leaked
# The secret has 256 random bits, which nobody guesses; more rounds would only slow the broker
# down, in one thread, when all devices come back after an outage.
ITERATIONS = 1000
SALT_BYTES, HASH_BYTES = 12, 64
_VERIFIER = re.compile(r"\$7\$(\d{1,7})\$([A-Za-z0-9+/=]{1,64})\$([A-Za-z0-9+/=]{88})")


@dataclass(frozen=True, slots=True)
class DeviceSecret:
    """A secret, to be told once, and what is kept of it."""

    plain: str = field(repr=False)
    verifier: str = field(repr=False)


def new_device_secret() -> DeviceSecret:
    """256 random bits and their verifier."""
    plain = PREFIX + secrets.token_urlsafe(32)
    return DeviceSecret(plain, verifier_of(plain, os.urandom(SALT_BYTES)))


def verifier_of(plain: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What Mosquitto's password file holds for this secret."""
    made = hashlib.pbkdf2_hmac("sha512", plain.encode(), salt, iterations, HASH_BYTES)
    return f"$7${iterations}${b64encode(salt).decode()}${b64encode(made).decode()}"


def is_verifier(text: str) -> bool:
    """True for the `$7$` form; whatever else a broker might read is refused."""
    return _VERIFIER.fullmatch(text) is not None


def fits(plain: str, verifier: str) -> bool:
    """True if this is the secret of the verifier."""
    parts = _VERIFIER.fullmatch(verifier)
    if parts is None:
        return False
    made = verifier_of(plain, b64decode(parts[2]), int(parts[1]))
    return hmac.compare_digest(made, verifier)
