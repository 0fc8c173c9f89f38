"""Giving roles and taking them back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.accounts.endings import rights_changed
from domain.accounts.model import Account, RoleBinding
from domain.accounts.queries import excluded_by, require_not_the_last, role_named
from domain.accounts.rules import SCREEN_ROLE, require_enabled
from domain.places.model import Hospital, Ward
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.work import NETWORK, Scope, Work


@dataclass(frozen=True, kw_only=True)
class GrantRole(Command[RoleBinding]):
    """Give somebody else a role in the network, a hospital or a ward."""

    action = "role.grant"
    privileged = True

    account_id: UUID
    role: str
    hospital_id: UUID | None = None
    ward_id: UUID | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def scope(self, work: Work) -> Scope:
        if self.hospital_id is None and self.ward_id is None:
            return NETWORK
        if self.ward_id is None:
            return work.get(Hospital, self.hospital_id or UUID(int=0)).scope
        ward = work.get(Ward, self.ward_id)
        if self.hospital_id not in (None, ward.hospital_id):
            raise NotFound.of("ward", self.ward_id)
        return ward.scope

    def apply(self, work: Work) -> RoleBinding:
        place = self.scope(work)
        account = work.get(Account, self.account_id)
        if account.id == work.actor.id:
            raise Denied("nobody grants themselves a role", reason="OWN_ROLE")
        require_enabled(account)
        self._require_holdable(work, account, place)
        binding = RoleBinding(
            user_id=account.id, role=self.role, hospital_id=place.hospital, ward_id=place.ward,
            valid_from=self.valid_from or work.now, valid_until=self._until(work),
            granted_by=work.actor.id,
        )  # fmt: skip
        work.add(binding)
        rights_changed(work)
        work.emit("RoleGranted", place, account=account.id, binding=binding.id)
        return binding

    def _require_holdable(self, work: Work, account: Account, place: Scope) -> None:
        role = role_named(work.session, self.role)
        if role.holder != account.kind.value:
            raise Invalid(f"{role.slug} is a role for a {role.holder}, not for a {account.kind}",
                          reason="WRONG_HOLDER", field="role")  # fmt: skip
        if role.slug == SCREEN_ROLE and place.ward is None:
            raise Invalid("a ward screen belongs to one ward", field="wardId")
        if role.totp and not account.totp_confirmed:
            raise Conflict(f"{role.slug} needs one-time codes; the person enrols them first",
                           reason="TOTP_NEEDED", blocking=account.id)  # fmt: skip
        other = excluded_by(work.session, account.id, role.slug, work.now)
        if other is not None:
            raise Conflict(f"nobody is both {role.slug} and {other}", reason="SEPARATE_DUTIES",
                           field="role")  # fmt: skip

    def _until(self, work: Work) -> datetime | None:
        if self.valid_until is not None and self.valid_until <= (self.valid_from or work.now):
            raise Invalid("a role ends after it begins, and not in the past", field="validUntil")
        return self.valid_until


@dataclass(frozen=True, kw_only=True)
class RevokeRole(Command[RoleBinding]):
    """Take a role back at once, on open screens too."""

    action = "role.revoke"
    privileged = True

    binding_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(RoleBinding, self.binding_id).scope

    def apply(self, work: Work) -> RoleBinding:
        binding = work.get(RoleBinding, self.binding_id)
        if binding.valid_until is not None and binding.valid_until <= work.now:
            raise Conflict(f"the role ended at {binding.valid_until.isoformat()}",
                           reason="ROLE_OVER", blocking=binding.id)  # fmt: skip
        if binding.scope == NETWORK:
            require_not_the_last(work.session, binding.user_id, work.now, (binding.role,))
        binding.valid_until = max(work.now, binding.valid_from)
        rights_changed(work)
        work.emit("RoleRevoked", binding.scope, account=binding.user_id, binding=binding.id)
        return binding
