"""One-time codes (RFC 6238: SHA-1, 6 digits, 30 s)."""

import hmac
from datetime import datetime

import pyotp

STEP_S = 30
_DRIFT = (0, -1, 1)  # steps; clocks and thumbs are slow


def new_totp_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32(32)


def enrolment_uri(secret: str, login_name: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login_name, issuer_name="Wardgrid")


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, or None.

    A code is used once: the caller must refuse a step that is not later than the last one used.
    """
    digits = code.strip().replace(" ", "")
    if len(digits) != 6 or not digits.isascii():
        return None
    now, totp = int(at.timestamp()) // STEP_S, pyotp.TOTP(secret)
    steps = (now + drift for drift in _DRIFT)
    return next(
        (step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)), None
    )
