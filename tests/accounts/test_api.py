"""Log-in and administration through HTTP, as a client sees them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import pyotp
import pytest
from sqlmodel import select

from api.program import serve
from app.wiring import App
from audit.search import search
from authz.passwords import Passwords
from domain.accounts.founding import FOUNDING_ROLES, FoundAdministrators, Founder
from domain.accounts.model import Account, LoginFailure
from kit.db import reading
from kit.work import NETWORK, Actor, ActorKind
from tests.house import house

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
GIVEN, CHOSEN = "a password given on paper", "seven quiet wards at dawn"
TOKENS = "... on Tokens { sessionId accessToken refreshToken expiresAt }"
PROBLEM = "... on Problem { code reason message field }"


@dataclass
class Client:
    """Speaks GraphQL over HTTP to the whole program, in process."""

    app: App
    http: httpx.AsyncClient
    now: datetime = NOON

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        reply = await self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=headers
        )
        answer: dict[str, Any] = reply.json()
        return answer

    async def change(self, field: str, result: str, token: str | None = None) -> dict[str, Any]:
        """One mutation, `field` with its arguments written out; `$k` is its key."""
        document = f"mutation ($k: String!) {{ {field} {{ {result} {PROBLEM} }} }}"
        answer = await self.ask(document, token, k=str(uuid4()))
        assert "data" in answer, answer
        found: dict[str, Any] = next(iter(answer["data"].values()))
        return found

    async def login(
        self, name: str, password: str, *, totp: str | None = None, new: str | None = None
    ) -> dict[str, Any]:
        document = (
            "mutation ($n: String!, $p: String!, $t: String, $w: String) { login(loginName: $n,"
            f" password: $p, totp: $t, newPassword: $w) {{ {TOKENS} {PROBLEM} }} }}"
        )
        answer = await self.ask(document, n=name, p=password, t=totp, w=new)
        assert "data" in answer, answer
        found: dict[str, Any] = answer["data"]["login"]
        return found

    async def founder(self, name: str) -> str:
        """The access token of a first administrator, who chooses a password on the way."""
        code = pyotp.TOTP(SECRET).at(self.now)
        answer = await self.login(name, GIVEN, totp=code, new=CHOSEN)
        token: str = answer["accessToken"]
        return token


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> Iterator[tuple[App, Client]]:
    made: list[Client] = []
    with house(database_url, tmp_path, clock=lambda: made[0].now if made else NOON) as app:
        stored = Passwords(workers=1).hash_here(GIVEN)
        founders = tuple(
            Founder(r, f"{r.split('-')[0]}.one", stored, SECRET) for r in FOUNDING_ROLES
        )
        app.pipeline.run(
            Actor(UUID(int=1), ActorKind.SYSTEM), FoundAdministrators(founders=founders)
        )
        app.watch.step()
        transport = httpx.ASGITransport(serve(app), client=("192.0.2.7", 1234))
        made.append(Client(app, httpx.AsyncClient(transport=transport, base_url="http://h")))
        yield app, made[0]


def test_a_first_log_in_needs_password_code_and_a_new_password(
    program: tuple[App, Client],
) -> None:
    _, client = program

    async def story() -> None:
        code = pyotp.TOTP(SECRET).at(NOON)
        first = await client.login("System.One", GIVEN, totp=code)
        assert first["reason"] == "PASSWORD_MUST_CHANGE"
        weak = await client.login("system.one", GIVEN, totp=code, new="password12345678")
        assert (weak["reason"], weak["field"]) == ("PASSWORD_COMMON", "password")
        opened = await client.login(" SYSTEM.ONE", GIVEN, totp=code, new=CHOSEN)
        assert opened["accessToken"]
        again = await client.login("system.one", CHOSEN, totp=code)
        assert again["reason"] == "LOGIN_REFUSED"  # a code is used once
        client.now += timedelta(seconds=30)
        code = pyotp.TOTP(SECRET).at(client.now)
        assert (await client.login("system.one", CHOSEN, totp=code))["accessToken"]
        me = await client.ask("{ me { loginName kind roles { role } } }", opened["accessToken"])
        assert me["data"]["me"] == {
            "loginName": "system.one", "kind": "PERSON",
            "roles": [{"role": "system-administrator"}],
        }  # fmt: skip

    anyio.run(story)


def test_whatever_is_wrong_sounds_the_same_and_is_counted(program: tuple[App, Client]) -> None:
    app, client = program
    code = pyotp.TOTP(SECRET).at(NOON)

    async def story() -> list[dict[str, Any]]:
        return [
            await client.login("system.one", "wrong", totp=code),
            await client.login("system.one", GIVEN),
            await client.login("system.one", GIVEN, totp="000000"),
            await client.login("nobody.here", GIVEN, totp=code),
            await client.login("x" * 5000, GIVEN),
        ]

    answers = anyio.run(story)

    assert {tuple(sorted(answer.items())) for answer in answers} == {
        (("code", "DENIED"), ("field", None),
         ("message", "login name, password or code is not right"), ("reason", "LOGIN_REFUSED")),
    }  # fmt: skip
    with reading(app.engine) as session:
        counted = sorted(f.failures for f in session.exec(select(LoginFailure)))
    assert counted == [1, 1, 3]


@pytest.mark.parametrize("name", ["system.one", "nobody.here"])
def test_five_failures_make_a_name_wait_known_or_not(
    program: tuple[App, Client], name: str
) -> None:
    _, client = program

    async def story() -> list[str]:
        spellings = [name, name.upper(), f" {name}", name.title(), name]
        failed = [await client.login(spelling, "wrong") for spelling in spellings]
        delayed = await client.login(name, GIVEN)
        client.now += timedelta(seconds=5)
        return [
            answer["reason"] for answer in (*failed, delayed, await client.login(name, "wrong"))
        ]

    assert anyio.run(story) == ["LOGIN_REFUSED"] * 5 + ["LOGIN_DELAYED", "LOGIN_REFUSED"]


def test_many_log_ins_at_once_are_five_tries(program: tuple[App, Client]) -> None:
    _, client = program
    answers: list[dict[str, Any]] = []

    async def one() -> None:
        answers.append(await client.login("system.one", "wrong"))

    async def story() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)

    anyio.run(story)
    reasons = [answer["reason"] for answer in answers]
    assert reasons.count("LOGIN_REFUSED") == 5
    assert reasons.count("LOGIN_DELAYED") == 15


def test_a_document_logs_in_once(program: tuple[App, Client]) -> None:
    app, client = program
    guess = 'login(loginName: "system.one", password: "wrong") { ... on Problem { code } }'

    async def story() -> dict[str, Any]:
        return await client.ask(f"mutation {{ a: {guess} b: {guess} }}")

    assert "data" not in anyio.run(story)
    with reading(app.engine) as session:
        assert session.exec(select(LoginFailure)).all() == []


def test_refresh_rotates_and_reuse_ends_the_session(program: tuple[App, Client]) -> None:
    _, client = program
    refresh = f'refresh(refreshToken: "%s") {{ {TOKENS} {PROBLEM} }}'

    async def turn(token: str) -> dict[str, Any]:
        answer = await client.ask("mutation { " + refresh % token + " }")
        found: dict[str, Any] = answer["data"]["refresh"]
        return found

    async def story() -> None:
        code = pyotp.TOTP(SECRET).at(NOON)
        first = await client.login("system.one", GIVEN, totp=code, new=CHOSEN)
        second = await turn(first["refreshToken"])
        assert second["sessionId"] == first["sessionId"]
        stolen = await turn(first["refreshToken"])
        assert stolen["reason"] == "SESSION_OVER"
        assert (await turn(second["refreshToken"]))["reason"] == "SESSION_OVER"
        client.app.watch.step()
        after = await client.ask("{ me { id } }", second["accessToken"])
        assert after["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    anyio.run(story)


def test_a_person_is_made_enrolled_and_given_a_role(program: tuple[App, Client]) -> None:
    app, client = program

    async def story() -> None:
        system, security = await client.founder("system.one"), await client.founder("security.one")
        made = await client.change(
            f'createAccount(loginName: "mia.wang", password: "{GIVEN}", idempotencyKey: $k)',
            "... on Account { id loginName oneTimeCodes }", system,
        )  # fmt: skip
        assert (made["loginName"], made["oneTimeCodes"]) == ("mia.wang", False)
        grant = f'grantRole(accountId: "{made["id"]}", role: "%s", idempotencyKey: $k)'
        binding = "... on RoleBinding { id role }"
        refused = await client.change(grant % "security-administrator", binding, security)
        assert refused["reason"] == "TOTP_NEEDED"
        denied = await client.change(grant % "nurse", binding, system)
        assert denied["code"] == "DENIED"
        mia = (await client.login("mia.wang", GIVEN, new=CHOSEN))["accessToken"]
        enrolled = await client.change(
            "enrolTotp(idempotencyKey: $k)", "... on TotpEnrolment { secret }", mia
        )
        code = pyotp.TOTP(enrolled["secret"]).at(client.now)
        wrong = await client.change(
            'confirmTotp(code: "000000", idempotencyKey: $k)', "... on OwnAccount { id }", mia
        )
        assert wrong["reason"] == "WRONG_CODE"
        right = await client.change(
            f'confirmTotp(code: "{code}", idempotencyKey: $k)',
            "... on OwnAccount { oneTimeCodes }", mia,
        )  # fmt: skip
        assert right == {"oneTimeCodes": True}
        blind = await client.ask("{ accounts(first: 9) { nodes { loginName } } }", mia)
        assert blind["data"]["accounts"]["nodes"] == []
        given = await client.change(grant % "security-administrator", binding, security)
        assert given["role"] == "security-administrator"
        listed = await client.ask("{ accounts(first: 9) { nodes { loginName } } }", system)
        names = [node["loginName"] for node in listed["data"]["accounts"]["nodes"]]
        assert sorted(names) == ["compliance.one", "mia.wang", "security.one", "system.one"]

    anyio.run(story)
    with reading(app.engine) as session:
        mia = session.exec(select(Account).where(Account.login_name == "mia.wang")).one()
        assert GIVEN not in str(mia.password_hash)


def test_a_password_is_changed_with_the_old_one_and_the_session_goes_on(
    program: tuple[App, Client],
) -> None:
    _, client = program
    field = 'changePassword(oldPassword: "%s", newPassword: "%s", totp: "%s", idempotencyKey: $k)'

    async def story() -> None:
        code = pyotp.TOTP(SECRET).at(NOON)
        opened = await client.login("system.one", GIVEN, totp=code, new=CHOSEN)
        token = opened["accessToken"]
        wrong = await client.change(field % (GIVEN, "x", code), "... on OwnAccount { id }", token)
        assert wrong["reason"] == "LOGIN_REFUSED"
        better = "another long sentence for the ward"
        spent = await client.change(
            field % (CHOSEN, better, code), "... on OwnAccount { id }", token
        )
        assert spent["reason"] == "LOGIN_REFUSED"
        client.now += timedelta(seconds=30)
        code = pyotp.TOTP(SECRET).at(client.now)
        right = await client.change(
            field % (CHOSEN, better, code), "... on OwnAccount { loginName }", token
        )
        assert right == {"loginName": "system.one"}
        client.app.watch.step()
        assert (await client.ask("{ me { id } }", token))["data"]["me"]["id"]
        over = await client.change(
            "logout(idempotencyKey: $k)", "... on SessionOver { sessionId }", token
        )
        assert over == {"sessionId": opened["sessionId"]}
        client.app.watch.step()
        after = await client.ask("{ me { id } }", token)
        assert after["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    anyio.run(story)


def test_one_s_own_sessions_are_listed_and_ended_with_the_password_again(
    program: tuple[App, Client],
) -> None:
    _, client = program
    field = 'endMySessions(password: "%s", totp: "%s", sessionId: %s, idempotencyKey: $k)'
    ended, listed = "... on SessionsEnded { sessions }", "{ mySessions { sessionId current } }"

    async def story() -> None:
        code = pyotp.TOTP(SECRET).at(NOON)
        opened = [await client.login("system.one", GIVEN, totp=code, new=CHOSEN)]
        for _ in range(2):
            client.now += timedelta(seconds=30)
            code = pyotp.TOTP(SECRET).at(client.now)
            opened.append(await client.login("system.one", CHOSEN, totp=code))
        ids, token = [one["sessionId"] for one in opened], opened[2]["accessToken"]
        mine = (await client.ask(listed, token))["data"]["mySessions"]
        assert mine == [{"sessionId": one, "current": one == ids[2]} for one in ids]
        client.now += timedelta(seconds=30)
        code = pyotp.TOTP(SECRET).at(client.now)
        wrong = await client.change(field % (GIVEN, code, f'"{ids[0]}"'), ended, token)
        assert wrong["reason"] == "LOGIN_REFUSED"
        assert await client.change(field % (CHOSEN, code, f'"{ids[0]}"'), ended, token) == {
            "sessions": 1
        }
        client.now += timedelta(seconds=30)
        code = pyotp.TOTP(SECRET).at(client.now)
        assert await client.change(field % (CHOSEN, code, "null"), ended, token) == {"sessions": 1}
        client.app.watch.step()
        answers = [await client.ask(listed, one["accessToken"]) for one in opened]
        assert ["errors" in answer for answer in answers] == [True, True, False]
        assert answers[2]["data"]["mySessions"] == [{"sessionId": ids[2], "current": True}]

    anyio.run(story)


def test_an_administrator_resets_disables_and_revokes(program: tuple[App, Client]) -> None:
    _, client = program
    account = "... on Account { id disabledAt oneTimeCodes }"

    async def story() -> None:
        system, security = await client.founder("system.one"), await client.founder("security.one")
        mia = (await client.change(
            f'createAccount(loginName: "mia.wang", password: "{GIVEN}", idempotencyKey: $k)',
            account, system,
        ))["id"]  # fmt: skip
        service = (await client.change(
            'createAccount(kind: SERVICE, title: "HL7", idempotencyKey: $k)', account, system,
        ))["id"]  # fmt: skip
        own = f'accountId: "{mia}", idempotencyKey: $k'
        for change in (
            f'resetPassword(password: "{CHOSEN}", {own})', f"resetTotp({own})",
            f"disableAccount({own})", f"enableAccount({own})", f"revokeSessions({own})",
        ):  # fmt: skip
            assert (await client.change(change, account, system))["id"] == mia
        binding = await client.change(
            f'grantRole(role: "nurse", {own})', "... on RoleBinding { id accountId }", security
        )
        assert binding["accountId"] == mia
        listed = await client.ask(f'{{ roleBindings(accountId: "{mia}") {{ id role }} }}', system)
        assert listed["data"]["roleBindings"] == [{"id": binding["id"], "role": "nurse"}]
        revoked = await client.change(
            f'revokeRole(bindingId: "{binding["id"]}", idempotencyKey: $k)',
            "... on RoleBinding { role }", security,
        )  # fmt: skip
        assert revoked == {"role": "nurse"}
        issued = await client.change(
            f'issueServiceToken(accountId: "{service}", days: 3, idempotencyKey: $k)',
            "... on IssuedToken { id token }", system,
        )  # fmt: skip
        me = await client.ask("{ me { title kind } }", issued["token"])
        assert me["data"]["me"] == {"title": "HL7", "kind": "SERVICE"}
        living = f'{{ longTokens(accountId: "{service}") {{ id }} account(id: "{mia}") {{ id }} }}'
        found = (await client.ask(living, system))["data"]
        assert found == {"longTokens": [{"id": issued["id"]}], "account": {"id": mia}}
        gone = await client.change(
            f'revokeToken(tokenId: "{issued["id"]}", idempotencyKey: $k)',
            "... on LongToken { id deviceBound }", system,
        )  # fmt: skip
        assert gone == {"id": issued["id"], "deviceBound": False}
        client.app.watch.step()
        after = await client.ask("{ me { id } }", issued["token"])
        assert after["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    anyio.run(story)


def test_nothing_is_hashed_for_somebody_who_may_not_make_accounts(
    program: tuple[App, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, client = program
    hashed: list[str] = []

    async def story() -> None:
        officer = await client.founder("compliance.one")
        monkeypatch.setattr(Passwords, "hash", lambda _self, _password: hashed.append("once"))
        refused = await client.change(
            f'createAccount(loginName: "eve", password: "{GIVEN}", idempotencyKey: $k)',
            "... on Account { id }", officer,
        )  # fmt: skip
        assert refused["code"] == "DENIED"

    anyio.run(story)
    assert hashed == []
    with reading(app.engine) as session:
        newest = search(session, (NETWORK,), limit=1)
    assert [(e.action, e.outcome) for e in newest] == [("account.create", "denied")]
