"""AWS Signature Version 4 for requests to an S3-compatible store, in the header `Authorization`."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

from app.backup_target import Access

NOTHING = sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"
_DAY, _MOMENT = "%Y%m%d", "%Y%m%dT%H%M%SZ"


def path_of(path: str) -> str:
    """As it is signed and sent: each byte escaped but letters, digits and -._~/"""
    return quote(path, safe="/-._~")


def query_of(query: Mapping[str, str]) -> str:
    """As it is signed and sent: escaped, then sorted."""
    pairs = ((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signed(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str],
    content_sha256: str, access: Access, region: str, at: datetime,
) -> dict[str, str]:  # fmt: skip
    """All headers to send, `host` among those given. Each of them is signed."""
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    sent |= {"x-amz-content-sha256": content_sha256, "x-amz-date": at.strftime(_MOMENT)}
    names = ";".join(sorted(sent))
    canonical = "\n".join([
        method, path_of(path), query_of(query),
        *(f"{name}:{sent[name]}" for name in sorted(sent)), "",
        names, content_sha256,
    ])  # fmt: skip
    scope = f"{at.strftime(_DAY)}/{region}/s3/aws4_request"
    digest = sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join([_ALGORITHM, sent["x-amz-date"], scope, digest])
    signature = _mac(_signing_key(access, scope), to_sign).hex()
    sent["authorization"] = (
        f"{_ALGORITHM} Credential={access.key_id}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return sent


def _signing_key(access: Access, scope: str) -> bytes:
    key = b"AWS4" + access.secret.get_secret_value().encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
