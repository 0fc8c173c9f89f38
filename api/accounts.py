"""Log-in, accounts, roles and tokens in GraphQL."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.account_views import (
    AccountView,
    BindingView,
    IssuedToken,
    LongTokenView,
    OwnAccount,
    SessionOver,
    Tokens,
    TotpEnrolment,
)
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.proofs import (
    Choice,
    CodeStep,
    Entry,
    judge_password,
    prove_change,
    prove_code,
    prove_login,
)
from api.query import Reader, query
from authz.sessions import BEARER, REFRESH, new_secret
from authz.totp import new_totp_secret
from domain.accounts import queries
from domain.accounts.commands import CreateAccount, DisableAccount, EnableAccount
from domain.accounts.credentials import (
    ChangePassword,
    ConfirmTotp,
    EnrolTotp,
    ResetPassword,
    ResetTotp,
)
from domain.accounts.devices import BindDevice, IssueScreenToken, IssueServiceToken, RevokeToken
from domain.accounts.grants import GrantRole, RevokeRole
from domain.accounts.logins import EndSession, RefreshSession, RevokeSessions, StartSession
from kit.errors import Invalid
from kit.work import NETWORK, ActorKind


@strawberry.type
class AccountQueries:
    @query("session.read")
    def me(self, reader: Reader) -> OwnAccount:
        """Whoever asks, and the roles they hold now."""
        row = queries.account(reader.session, (NETWORK,), reader.actor.id)
        held = queries.bindings_of(reader.session, (NETWORK,), [row.id], reader.now)
        return OwnAccount.with_roles(row, [b for b in held if b.valid_from <= reader.now])

    @query("account.read")
    def accounts(
        self, reader: Reader, first: int, after: str | None = None
    ) -> Connection[AccountView]:
        """Every account, by id."""
        rows = queries.accounts(
            reader.session, reader.scopes, first=page_size(first) + 1, after=after_key(after)
        )
        return page_of(rows, first, after, lambda row: AccountView.of(row, reader.sight(NETWORK)))

    @query("account.read")
    def account(self, reader: Reader, id: UUID) -> AccountView:
        """One account."""
        row = queries.account(reader.session, reader.scopes, id)
        return AccountView.of(row, reader.sight(NETWORK))

    @query("account.read")
    def role_bindings(self, reader: Reader, account_id: UUID) -> list[BindingView]:
        """The roles that an account holds now or later, where the viewer may see them."""
        rows = queries.bindings_of(reader.session, reader.scopes, [account_id], reader.now)
        return [BindingView.of(row, reader.sight(row.scope)) for row in rows]

    @query("account.read")
    def long_tokens(self, reader: Reader, account_id: UUID) -> list[LongTokenView]:
        """The living tokens of a screen or service, without their secrets."""
        row = queries.account(reader.session, reader.scopes, account_id)
        found = queries.living_tokens(reader.session, row.id, reader.now)
        return [LongTokenView.of(token, reader.sight(NETWORK)) for token in found]


@strawberry.type
class AccountMutations:
    @mutation(returns=Tokens, anyone=True, once=True, prepare=prove_login, prepared="entry")
    def login(
        self,
        login_name: str,
        password: str,
        entry: Entry,
        totp: str | None = None,
        new_password: str | None = None,
    ) -> StartSession:
        proof = entry.proof
        return StartSession(
            account_id=proof.account_id, credential=proof.credential, name_key=proof.name_key,
            totp_step=proof.totp_step, rehashed=proof.rehashed, new_hash=entry.new_hash,
            refresh=new_secret(REFRESH),
        )  # fmt: skip

    @mutation(returns=Tokens, anyone=True, once=True)
    def refresh(self, refresh_token: str) -> RefreshSession:
        return RefreshSession(presented=refresh_token[:200], replacement=new_secret(REFRESH))

    @mutation(returns=SessionOver)
    def logout(self) -> EndSession:
        return EndSession()

    @mutation(returns=OwnAccount, once=True, prepare=prove_change, prepared="choice")
    def change_password(
        self, old_password: str, new_password: str, choice: Choice, totp: str | None = None
    ) -> ChangePassword:
        return ChangePassword(
            credential=choice.credential, totp_step=choice.totp_step,
            password_hash=choice.password_hash,
        )  # fmt: skip

    @mutation(returns=TotpEnrolment)
    def enrol_totp(self) -> EnrolTotp:
        return EnrolTotp(secret=new_totp_secret())

    @mutation(returns=OwnAccount, once=True, prepare=prove_code, prepared="code_step")
    def confirm_totp(self, code: str, code_step: CodeStep) -> ConfirmTotp:
        return ConfirmTotp(step=code_step.step, credential=code_step.credential)

    @mutation(returns=AccountView, prepare=judge_password, prepared="choice")
    def create_account(
        self,
        choice: Choice | None,
        kind: ActorKind = ActorKind.PERSON,
        login_name: str | None = None,
        title: str | None = None,
        password: str | None = None,
    ) -> CreateAccount:
        return CreateAccount(
            kind=kind, login_name=login_name, title=title,
            password_hash=choice.password_hash if choice else None,
        )  # fmt: skip

    @mutation(returns=AccountView)
    def disable_account(self, account_id: UUID) -> DisableAccount:
        return DisableAccount(account_id=account_id)

    @mutation(returns=AccountView)
    def enable_account(self, account_id: UUID) -> EnableAccount:
        return EnableAccount(account_id=account_id)

    @mutation(returns=AccountView, prepare=judge_password, prepared="choice")
    def reset_password(
        self, account_id: UUID, password: str, choice: Choice | None
    ) -> ResetPassword:
        if choice is None:
            raise Invalid("give a password", field="password")
        return ResetPassword(account_id=account_id, password_hash=choice.password_hash)

    @mutation(returns=AccountView)
    def reset_totp(self, account_id: UUID) -> ResetTotp:
        return ResetTotp(account_id=account_id)

    @mutation(returns=AccountView)
    def revoke_sessions(self, account_id: UUID) -> RevokeSessions:
        return RevokeSessions(account_id=account_id)

    @mutation(returns=BindingView)
    def grant_role(
        self,
        account_id: UUID,
        role: str,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> GrantRole:
        return GrantRole(
            account_id=account_id, role=role, hospital_id=hospital_id, ward_id=ward_id,
            valid_from=valid_from, valid_until=valid_until,
        )  # fmt: skip

    @mutation(returns=BindingView)
    def revoke_role(self, binding_id: UUID) -> RevokeRole:
        return RevokeRole(binding_id=binding_id)

    @mutation(returns=IssuedToken)
    def issue_screen_token(self, ward_id: UUID, title: str) -> IssueScreenToken:
        return IssueScreenToken(ward_id=ward_id, title=title, secret=new_secret(BEARER))

    @mutation(returns=IssuedToken)
    def issue_service_token(self, account_id: UUID, days: int = 90) -> IssueServiceToken:
        return IssueServiceToken(account_id=account_id, days=days, secret=new_secret(BEARER))

    @mutation(returns=LongTokenView)
    def revoke_token(self, token_id: UUID) -> RevokeToken:
        return RevokeToken(token_id=token_id)

    @mutation(returns=LongTokenView)
    def bind_device(self, device: str) -> BindDevice:
        return BindDevice(device=device)
