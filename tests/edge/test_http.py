"""GraphQL over HTTP: what is let in, what is told, and what is never told."""

from typing import Any

import httpx
import pytest

from api.documents import digest
from tests.edge.conftest import TRUSTED
from tests.edge.toy import SECRET, ToyHouse

GRAPHQL = "application/graphql-response+json"


def ask(http: httpx.Client, query: str, **parts: Any) -> httpx.Response:
    headers = parts.pop("headers", {"accept": GRAPHQL})
    return http.post("/graphql", json={"query": query, **parts}, headers=headers)


def test_a_query_is_answered_with_the_headers_of_a_private_answer(http: httpx.Client) -> None:
    response = ask(http, "{ hello }")
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "hello world"}})
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_allowed(http: httpx.Client, method: str) -> None:
    response = http.request(method, "/graphql?query={hello}")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "accept": "text/html"}, 406),
        ({"content-type": "application/json", "accept": "application/json;q=0"}, 406),
        ({"content-type": "application/json; charset=UTF-8", "accept": "*/*;q=0.1"}, 200),
        ({"content-type": "application/json", "accept": "application/*"}, 200),
    ],
)
def test_media_types_are_negotiated(
    http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    response = http.post("/graphql", content=b'{"query":"{ hello }"}', headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")


def test_a_body_past_128_kib_is_refused_declared_or_not(http: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    large = b'{"query":"{ hello }","variables":{"x":"' + b"a" * 131_072 + b'"}}'
    assert http.post("/graphql", content=large, headers=headers).status_code == 413
    pieces = (large[i : i + 10_000] for i in range(0, len(large), 10_000))
    assert http.post("/graphql", content=pieces, headers=headers).status_code == 413


MALFORMED: list[bytes] = [
    b"", b" ", b"{", b"}", b"[]", b"[{}]", b'[{"query":"{ hello }"}]', b"null", b"true", b"0",
    b'"query"', b"NaN", b"Infinity", b'{"query":NaN}', b'{"query":{"a":1}}', b'{"query":null}',
    b'{"query":0}', b'{"query":false}', b'{"query":[]}', b'{"query":""}', b'{"notquery":"{ a }"}',
    b'{"query":"{ hello }","variables":[]}', b'{"query":"{ hello }","variables":"x"}',
    b'{"query":"{ hello }","variables":1}', b'{"query":"{ hello }","operationName":1}',
    b'{"query":"{ hello }","operationName":{}}', b'{"query":"{ hello }","extensions":[]}',
    b'{"query":"{ hello }","extensions":{"persistedQuery":1}}',
    b'{"query":"{ hello }","extensions":{"persistedQuery":{"sha256Hash":1}}}',
    b'{"documentId":7}', b'{"query":"\\ud800"}', b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00",
    b'{"query":"{ hello }",}', b"{'query':'{ hello }'}", b'{"query":"{ hello }"}{}',
    b'{"query":"{ hello }","variables":{"a":1e999}}',
    b'{"query":"{ hello }","variables":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
    b'{"query":"{ hello }","variables":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}",
]  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_body_is_a_clear_400(http: httpx.Client, body: bytes) -> None:
    response = http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "Traceback" not in response.text


def test_there_are_forty_malformed_bodies() -> None:
    assert len(MALFORMED) == len(set(MALFORMED)) == 40


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_DOCUMENT"),
        ("{ helo }", "BAD_DOCUMENT"),
        ("query A { hello } query B { hello }", "OPERATION_NOT_FOUND"),
        ("{ __schema { types { name } } }", "OVER_LIMIT"),
        ("subscription { boardChanged(ward: 1) { version } }", "BAD_DOCUMENT"),
        (TRUSTED["board"], "USE_WEBSOCKET"),
        ("{ hello(" + "a" * 20_000 + ") }", "OVER_LIMIT"),
    ],
)
def test_a_bad_document_is_a_400_or_with_plain_json_a_200(
    http: httpx.Client, query: str, code: str
) -> None:
    for accept, status in ((GRAPHQL, 400), ("application/json", 200)):
        response = ask(http, query, headers={"accept": accept})
        assert response.status_code == status
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] == code


def test_no_answer_suggests_a_name(http: httpx.Client) -> None:
    for query in ("{ helo }", "{ hello(nam: 1) }", "{ person { nam } }", "{ ... on Persn { a } }"):
        assert "did you mean" not in ask(http, query).text.lower()


def test_a_fault_is_masked_and_a_refusal_is_told(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(http, "{ broken foreign hello }")
    assert response.status_code == 200
    assert response.json()["data"] == {"broken": None, "foreign": None, "hello": "hello world"}
    fault, refusal = response.json()["errors"]
    assert fault["path"] == ["broken"]
    assert fault["extensions"]["code"] == "FAULT"
    assert fault["extensions"]["incident"] in fault["message"]
    assert refusal["extensions"] == {"code": "NOT_FOUND", "reason": "NOT_FOUND", "field": None}
    assert SECRET not in response.text
    (line,) = [r for r in caplog.records if r.msg == "a fault was masked"]
    assert line.incident == fault["extensions"]["incident"]  # type: ignore[attr-defined]


def test_what_cannot_be_recorded_is_not_shown(http: httpx.Client, house: ToyHouse) -> None:
    assert ask(http, "{ sealed }").json() == {"data": {"sealed": "shown"}}
    assert len(house.sealed) == 1
    house.ledger_down = True
    response = ask(http, "{ sealed }")
    assert response.status_code == 500
    assert response.json().keys() == {"errors"}
    assert "shown" not in response.text
    assert SECRET not in response.text


def test_a_stranger_may_only_log_in(http: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic dXNlcg=="}):
        stranger = httpx.Client(base_url=http.base_url, headers=headers)
        with stranger:
            said = ask(stranger, 'mutation { login(name: "li") }')
            assert said.json() == {"data": {"login": "token-of-li"}}
            for query in ("{ hello }", "mutation { admit }", "{ __typename }",
                          "mutation { login(name: \"li\") admit }"):  # fmt: skip
                refused = ask(stranger, query)
                assert refused.status_code == 401
                assert refused.headers["www-authenticate"] == "Bearer"
                assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_stranger_gets_nothing_long_parsed(http: httpx.Client) -> None:
    del http.headers["authorization"]
    query = 'mutation { login(name: "li") } #' + "x" * 2048
    assert ask(http, query).status_code == 401
    http.headers["authorization"] = "Bearer user-1"
    assert ask(http, query).status_code == 200


def test_log_in_stands_once_in_a_document(http: httpx.Client) -> None:
    twice = 'mutation { a: login(name: "a") b: login(name: "b") }'
    spread = ('mutation { ...L a: login(name: "b") } fragment L on Mutation'
              ' { login(name: "a") }')  # fmt: skip
    for query in (twice, spread):
        assert ask(http, query).json()["errors"][0]["message"] == (
            "`login` may stand once in a document"
        )


def test_a_trusted_document_is_run_by_its_digest(http: httpx.Client) -> None:
    key = digest(TRUSTED["hello"])
    expected = {"data": {"hello": "hello Li"}}
    for asked in (
        {"documentId": f"sha256:{key}"},
        {"documentId": key.upper()},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}},
        {"query": TRUSTED["hello"], "extensions": {"persistedQuery": {"sha256Hash": key}}},
    ):
        body = {**asked, "variables": {"name": "Li"}}
        assert http.post("/graphql", json=body).json() == expected
    unknown = http.post("/graphql", json={"documentId": "0" * 64}).json()
    assert unknown["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    forged = http.post("/graphql", json={"documentId": key, "query": "{ hello }"}).json()
    assert forged["errors"][0]["extensions"]["code"] == "DIGEST_MISMATCH"


def test_a_screen_runs_nothing_but_trusted_documents(http: httpx.Client) -> None:
    http.headers["authorization"] = "Bearer user-900"
    listed = ask(http, TRUSTED["hello"], variables={"name": "Li"})
    assert listed.json() == {"data": {"hello": "hello Li"}}
    refused = ask(http, "{ hello }")
    assert refused.json()["errors"][0]["extensions"]["code"] == "TRUSTED_ONLY"


def test_readiness_and_metrics_answer_this_machine(http: httpx.Client) -> None:
    assert http.get("/livez").json() == {"live": True}
    assert http.get("/readyz").json() == {"ready": True, "failing": []}
    ask(http, "{ hello }")
    assert "wardgrid_graphql_operations_total" in http.get("/metrics").text
    assert http.get("/metrics", headers={"x-forwarded-for": "10.0.0.1"}).status_code == 404
