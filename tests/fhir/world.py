"""A city behind its real web application, and clients with tokens that speak FHIR to it."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
from sqlmodel import Session
from starlette.types import ASGIApp

from api.program import serve
from authz.sessions import BEARER, new_secret
from domain.accounts.model import BearerToken
from domain.accounts.rules import digest
from kit.db import open_engine
from kit.work import Actor, Scope
from tests.matrix.corner import City, Corner

FHIR_JSON = "application/fhir+json"


@dataclass
class FhirWorld:
    """`client` makes accounts with roles; everything else is the city's."""

    city: City
    web: ASGIApp

    @property
    def corner(self) -> Corner:
        return self.city.corners["EAST/A"]

    def client(self, *roles: str, scope: Scope | None = None, hospital: str = "EAST") -> "Client":
        actor = self.city.enrol(*roles, scope=scope or Scope(self.corner.scope.hospital))
        return Client(self.web, hospital, _token(self.city, actor), actor)

    def stranger(self) -> "Client":
        return Client(self.web, "EAST", None, None)

    def sql(self, statement: str) -> Any:
        with self.city.app.engine.connect() as connection:
            return connection.exec_driver_sql(statement).scalar()


@dataclass
class Client:
    """One account's requests. `path` lies below the hospital."""

    web: ASGIApp
    hospital: str
    token: str | None
    actor: Actor | None

    def get(self, path: str, **query: str) -> httpx.Response:
        return self._send("GET", path, params=query)

    def post(self, path: str, body: Any, media_type: str = FHIR_JSON) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send("POST", path, content=content, headers={"Content-Type": media_type})

    def follow(self, link: str) -> httpx.Response:
        """A link of a Bundle, as it stands there."""
        return self._send("GET", link.removeprefix(f"/fhir/{self.hospital}/"))

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = given.pop("headers", {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.web)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                address = f"/fhir/{self.hospital}/{path}".rstrip("/")
                return await client.request(method, address, headers=headers, **given)

        return anyio.run(ask)


def world_of(city: City) -> FhirWorld:
    """The city behind its web application."""
    return FhirWorld(city, serve(city.app))


def issues(answer: httpx.Response) -> list[tuple[str, str]]:
    """(path, code) of an OperationOutcome."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    return [(one.get("expression", [""])[0], one["code"]) for one in body["issue"]]


def example(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


def _token(city: City, actor: Actor) -> str:
    secret, now = new_secret(BEARER), city.app.clock()
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(BearerToken(
            account_id=actor.id, digest=digest(secret), operations="*", made_at=now,
            expires_at=now + timedelta(days=1),
        ))  # fmt: skip
        session.commit()
    engine.dispose()
    return secret
