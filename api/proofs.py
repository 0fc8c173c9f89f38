"""What happens to a password or code before its command: looked up, proved, never passed on."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio

from api.context import Context, snapshot
from api.mutation import STRANGER
from authz.logins import Known, Proof, Refused
from authz.throttle import Failures
from domain.accounts.credentials import login_refused
from domain.accounts.logins import RefuseLogin, must_change_password
from domain.accounts.model import Account, LoginFailure
from domain.accounts.queries import credentials
from domain.accounts.rules import folded_name
from kit.errors import Conflict, Denied, NotFound

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A proved log-in, with the hash of a password chosen on the way in."""

    proof: Proof
    new_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """The hash of a chosen password, and what was proved for it, if anything."""

    password_hash: str = field(repr=False)
    credential: int = 0
    totp_step: int | None = None


@dataclass(frozen=True, slots=True)
class CodeStep:
    """The step of a right one-time code."""

    step: int
    credential: int


async def prove_login(context: Context, arguments: Arguments) -> Arguments:
    """`loginName`, `password` and `totp` become a proof. Raises Denied."""
    account, proof = await _proved(
        context, arguments["login_name"], arguments["password"], arguments.get("totp")
    )
    chosen = arguments.get("new_password")
    if chosen is None:
        if account.must_change:
            raise must_change_password()
        return {**arguments, "entry": Entry(proof)}
    new_hash = await _hashed(context, chosen, account)
    return {**arguments, "entry": Entry(proof, new_hash)}


async def prove_change(context: Context, arguments: Arguments) -> Arguments:
    """One's own old password is proved, the new one judged and hashed."""
    account = await anyio.to_thread.run_sync(partial(_own, context))
    login_name = account.login_name or ""
    _, proof = await _proved(context, login_name, arguments["old_password"], arguments.get("totp"))
    new_hash = await _hashed(context, arguments["new_password"], account)
    return {**arguments, "choice": Choice(new_hash, proof.credential, proof.totp_step)}


async def prove_again(context: Context, arguments: Arguments) -> Arguments:
    """Whoever acts proves anew, by password and code, that it is they. Raises Denied."""
    account = await anyio.to_thread.run_sync(partial(_person, context))
    if not account.totp_confirmed:
        raise Conflict("this needs one-time codes; enrol them first", reason="TOTP_NEEDED",
                       blocking=account.id)  # fmt: skip
    return await prove_self(context, arguments)


async def prove_self(context: Context, arguments: Arguments) -> Arguments:
    """The same, with a code only where codes are enrolled. Raises Denied."""
    account = await anyio.to_thread.run_sync(partial(_person, context))
    name, password = account.login_name or "", arguments["password"]
    _, proof = await _proved(context, name, password, arguments.get("totp"))
    return {**arguments, "proof": proof}


async def judge_password(context: Context, arguments: Arguments) -> Arguments:
    """A password for somebody else is judged and hashed."""
    password = arguments.get("password")
    if password is None:
        return {**arguments, "choice": None}
    name = str(arguments.get("login_name") or "")
    made = await context.app.logins.new_hash(password, login_name=name, totp=False)
    return {**arguments, "choice": Choice(made)}


async def prove_code(context: Context, arguments: Arguments) -> Arguments:
    """A code of the authenticator that is being enrolled. Raises Denied."""
    account = await anyio.to_thread.run_sync(partial(_own, context))
    secret = await anyio.to_thread.run_sync(partial(_secret, context, account))
    step = context.app.logins.code_step(secret or "", arguments["code"])
    return {**arguments, "code_step": CodeStep(step, account.credential)}


async def _proved(
    context: Context, login_name: str, password: str, code: str | None
) -> tuple[Account, Proof]:
    logins = context.app.logins
    key = logins.name_key(folded_name(login_name[:200]))
    account, known = await anyio.to_thread.run_sync(partial(_known, context, login_name, key))
    proof = await logins.prove(key, known, password, code, context.address)
    if isinstance(proof, Refused) or account is None:
        if isinstance(proof, Refused):
            await anyio.to_thread.run_sync(partial(_record, context, proof))
        raise login_refused()
    return account, proof


async def _hashed(context: Context, password: str, account: Account) -> str:
    return await context.app.logins.new_hash(
        password, login_name=account.login_name or "", totp=account.totp_confirmed
    )


def _known(context: Context, login_name: str, key: bytes) -> tuple[Account | None, Known]:
    with snapshot(context) as session:
        found = credentials(session, login_name[:200], key)
        session.expunge_all()
    account, failures = found.account, _failures(found.failure)
    if account is None:
        return None, Known(failures=failures)
    secret = _secret(context, account) if account.totp_confirmed else None
    return account, Known(account.id, account.credential, account.password_hash, secret, failures)


def _failures(stored: LoginFailure | None) -> Failures | None:
    if stored is None:
        return None
    return Failures(stored.failures, stored.last_at, stored.blocked_until)


def _own(context: Context) -> Account:
    actor = context.viewer()
    account: Account | None
    with snapshot(context) as session:
        account = session.get(Account, actor.id)
        session.expunge_all()
    if account is None or account.login_name is None:
        raise NotFound.of("account", actor.id)
    return account


def _person(context: Context) -> Account:
    try:
        return _own(context)
    except NotFound:
        raise Denied("only a person proves who they are", reason="REAUTHENTICATE") from None


def _secret(context: Context, account: Account) -> str | None:
    if account.totp_secret is None:
        return None
    return context.app.late_vault.open(account.totp_secret, account.totp_place())


def _record(context: Context, refused: Refused) -> None:
    command = RefuseLogin(
        name_key=refused.name_key, failures=refused.failures, blocked_until=refused.blocked_until
    )
    context.app.pipeline.run(STRANGER, command, operation=context.operation)
