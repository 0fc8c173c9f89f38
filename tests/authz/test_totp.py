"""One-time codes: the standard's own values, a step either side, nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from authz.totp import enrolment_uri, matching_step, new_totp_secret

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert matching_step(RFC_SECRET, code, at) == seconds // 30


def test_one_step_early_or_late_and_no_further() -> None:
    at = datetime.fromtimestamp(1111111109, UTC)
    found = [
        matching_step(RFC_SECRET, " 081 804 ", at + timedelta(seconds=s))
        for s in (-59, -30, 30, 31)
    ]

    assert found == [37037036, 37037036, 37037036, None]


@pytest.mark.parametrize("code", ["", "28708", "2870820", "abcdef", "２８７０８２", "287081"])
def test_anything_else_is_no_code(code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(59, UTC)) is None


def test_a_secret_has_160_bits_and_an_address_for_the_app() -> None:
    secret = new_totp_secret()

    assert (len(secret), len({secret, new_totp_secret()})) == (32, 2)
    assert enrolment_uri(secret, "mia.wang") == (
        f"otpauth://totp/Wardgrid:mia.wang?secret={secret}&issuer=Wardgrid"
    )
