"""Signatures against the examples that Amazon publishes for S3, for the program's way and for the
stand-in's."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from app.backup_target import Access
from app.backups.sigv4 import NOTHING, path_of, query_of, signed
from tests.backups.object_server import _FORM, KEY_ID, SECRET, signature

HOST = "examplebucket.s3.amazonaws.com"
AT = datetime(2013, 5, 24, tzinfo=UTC)
WELCOME = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
# "Examples: Signature Calculations" of the S3 API Reference, Authorization header
EXAMPLES = [
    ("GET", "/test.txt", {}, {"Range": "bytes=0-9"}, NOTHING,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test$file.text", {},
     {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     WELCOME, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/", {"lifecycle": ""}, {}, NOTHING,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/", {"prefix": "J", "max-keys": "2"}, {}, NOTHING,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "query", "headers", "content", "expected"), EXAMPLES)
def test_both_sign_as_published(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], content: str,
    expected: str,
) -> None:  # fmt: skip
    sent = signed(method, path, query, {"host": HOST, **headers}, content,
                  Access(KEY_ID, SecretStr(SECRET)), "us-east-1", AT)  # fmt: skip
    form = _FORM.fullmatch(sent["authorization"])
    assert form is not None
    assert form["told"] == expected
    target = f"{path_of(path)}?{query_of(query)}".rstrip("?")
    assert signature(method, target, sent, form) == expected
    assert signature(method, target + "x", sent, form) != expected


def test_what_is_escaped() -> None:
    assert path_of("/a b/ü~_.-+=$") == "/a%20b/%C3%BC~_.-%2B%3D%24"
    assert query_of({"b": "a/b+c=", "a-": "~"}) == "a-=~&b=a%2Fb%2Bc%3D"
