"""Traces: what a receiver gets, what it never gets, and that nobody waits for it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest

from api.documents import digest
from api.door import Door
from api.http import HttpDoor
from app.trace_export import TraceExport
from app.trace_settings import TraceSettings, trace_problems
from app.traces import LONGEST_QUEUE, Traces
from domain.patients.commands import Identity, RegisterPatient
from domain.places.commands import OpenHospital
from kit.errors import Denied
from tests.edge.toy import ToyHouse
from tests.house import enrol, house

CANARY = "CanaryQuine"
KEYS = {f"wardgrid.{name}" for name in ("command", "fault")}


class Receiver(HTTPServer):
    """A collector on this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.types: set[str] = set()
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for body in self.bodies
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.types.add(self.headers["Content-Type"])
        if self.server.status == 200:
            self.server.bodies.append(json.loads(text))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as opened:
        yield opened


def test_a_command_and_its_transaction_arrive_and_nothing_personal_with_them(
    sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    actor = enrol(sqlite_url, "system-administrator", "bed-manager")
    nurse = enrol(sqlite_url, "nurse")
    with house(sqlite_url, tmp_path, otlp_endpoint=receiver.url, trace_share=1.0) as app:
        hospital = app.pipeline.run(
            actor, OpenHospital(code=CANARY[:8], name_zh=CANARY, name_en=CANARY)
        ).result
        patient = app.pipeline.run(
            actor,
            RegisterPatient(
                hospital_id=hospital.id, birth_date=date(1950, 5, 5),
                identity=Identity(family_en=CANARY, given_en=CANARY, phone="13800001111"),
            ),
        ).result  # fmt: skip
        with pytest.raises(Denied):
            app.pipeline.run(nurse, OpenHospital(code=CANARY, name_zh=CANARY, name_en=CANARY))
    spans = receiver.spans()  # the last were sent when the house stopped
    commands = [span for span in spans if span["name"] == "command"]
    below = {span["parentSpanId"]: span for span in spans if span["name"] == "transaction"}
    assert len(commands) == 3
    for command in commands:
        part = below[command["spanId"]]
        assert part["traceId"] == command["traceId"]
        assert int(command["startTimeUnixNano"]) <= int(part["startTimeUnixNano"])
        assert int(part["endTimeUnixNano"]) <= int(command["endTimeUnixNano"])
    assert [bool(span["status"]) for span in commands] == [False, False, True]
    assert {pair["key"] for span in spans for pair in span["attributes"]} == KEYS
    told = json.dumps(receiver.bodies)
    ids = [
        str(one).replace("-", "") for one in (patient.id, patient.subject, hospital.id, actor.id)
    ]
    for secret in (CANARY, "13800001111", "1950", *map(str, (patient.id, patient.subject)), *ids):
        assert secret not in told
    assert receiver.types == {"application/json"}


def test_an_operation_is_told_by_its_hash_and_a_name_of_ours_alone() -> None:
    trace, parent = "a" * 32, "b" * 16
    document = "query CanaryQuine($name: String!) { hello(name: $name) }"
    traces = Traces(1.0)
    for behind_proxy in (True, False):
        door = replace(ToyHouse().door(), traces=traces, behind_proxy=behind_proxy)
        answer = anyio.run(ask, door, document, {"traceparent": f"00-{trace}-{parent}-01"})
        assert answer.json() == {"data": {"hello": f"hello {CANARY}"}}
    told, own = traces.waiting
    assert (told.name, told.trace, told.parent) == ("operation", trace, parent)
    assert (own.trace == trace, own.parent) == (False, "")  # a stranger's word is not taken
    request = told.attributes.pop("request")
    assert UUID(request)
    assert told.attributes == {
        "operation": "other", "document": digest(document), "outcome": "done", "work": "SCREEN",
    }  # fmt: skip


async def ask(door: Door, document: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app=HttpDoor(door))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as opened:
        return await opened.post(
            "/graphql", json={"query": document, "variables": {"name": CANARY}},
            headers={"authorization": "Bearer user-1", **headers},
        )  # fmt: skip


def test_what_is_not_on_the_list_or_not_plain_is_dropped() -> None:
    traces = Traces(1.0)
    with traces.span("operation", patient="P1", operation="Zhang San", outcome="done") as span:
        span.set(name="x", command="Admit Patient", fault="A" * 129)
    assert traces.waiting[0].attributes == {"outcome": "done"}


def test_a_trusted_sender_says_what_a_span_is_a_part_of_and_whether_it_is_kept() -> None:
    traces, trace, parent = Traces(1.0), "a" * 32, "b" * 16
    with traces.span("operation", f"00-{trace}-{parent}-01"), traces.span("command"):
        pass
    with traces.span("operation", f"00-{trace}-{parent}-00"), traces.span("command"):
        pass
    inner, outer = traces.waiting
    assert (outer.trace, outer.parent, inner.trace, inner.parent) == (
        trace, parent, trace, outer.id,
    )  # fmt: skip
    for wrong in ("", "00-zz", f"00-{'0' * 32}-{parent}-01", f"01-{trace}-{parent}-01"):
        with traces.span("operation", wrong):
            pass
        assert traces.waiting.pop().trace != trace


def test_without_a_receiver_nothing_is_made_and_a_share_is_of_whole_traces() -> None:
    off = Traces()
    with off.span("operation"), off.span("command"):
        pass
    assert not off.waiting
    half = Traces(0.5)
    for _ in range(400):
        with half.span("operation"), half.span("command"):
            pass
    names = [span.name for span in half.waiting]
    assert names == ["command", "operation"] * (len(names) // 2)
    assert 100 < len(names) // 2 < 300


def test_a_receiver_that_is_away_or_refuses_costs_spans_and_no_more(receiver: Receiver) -> None:
    traces = Traces(1.0)
    export = TraceExport(receiver.url, traces)
    receiver.status = 503
    with client() as opened:
        for _ in range(5):
            with traces.span("command"):
                pass
            export.send(opened)
    assert traces.dropped == 3  # then the circuit is open: nothing is tried, the others wait
    assert len(traces.waiting) == 2
    for _ in range(LONGEST_QUEUE + 10):
        with traces.span("command"):
            pass
    assert len(traces.waiting) == LONGEST_QUEUE
    assert traces.dropped == 3 + 12
    assert receiver.bodies == []


def test_production_sends_traces_to_another_machine_over_tls_alone() -> None:
    plain = TraceSettings(otlp_endpoint="http://collector:4318/v1/traces")
    assert len(trace_problems(plain, receiver_is_here=False)) == 1
    assert trace_problems(plain, receiver_is_here=True) == []
    sealed = TraceSettings(otlp_endpoint="https://collector:4318/v1/traces")
    assert trace_problems(sealed, receiver_is_here=False) == []
    assert trace_problems(TraceSettings(), receiver_is_here=False) == []
