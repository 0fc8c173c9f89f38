"""What an account, its names and its sessions must be like."""

import hashlib
import unicodedata
from datetime import timedelta

from domain.accounts.model import LOGIN_NAME_LENGTH, Account
from kit.errors import Conflict, Invalid

IDLE = timedelta(minutes=15)  # between two refreshes
ABSOLUTE = timedelta(hours=12)  # one long shift; then a person proves again who they are
SCREEN_LIFETIME = timedelta(hours=12)
LONGEST_SERVICE_DAYS = 365
SCREEN_OPERATIONS = "ward-screen"
SCREEN_ROLE = "ward-screen"


def login_name(text: str) -> str:
    """The one spelling of a login name: NFKC, casefolded. Raises Invalid."""
    name = folded_name(text)
    if not 2 <= len(name) <= LOGIN_NAME_LENGTH or not name.isprintable() or len(name.split()) != 1:
        raise Invalid(f"a login name has 2 to {LOGIN_NAME_LENGTH} characters and no spaces",
                      reason="LOGIN_NAME", field="loginName")  # fmt: skip
    return name


def folded_name(text: str) -> str:
    """Different spellings of one name made equal, however odd the text."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def title(text: str) -> str:
    """What a device or service is called. Raises Invalid."""
    plain = text.strip()
    if not 1 <= len(plain) <= 120 or not plain.isprintable():
        raise Invalid("a title has 1 to 120 characters", field="title")
    return plain


def digest(secret: str) -> bytes:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode()).digest()


def require_enabled(account: Account) -> None:
    """Raise Conflict for an account that was disabled."""
    if account.disabled_at is not None:
        raise Conflict(f"the account was disabled at {account.disabled_at.isoformat()}",
                       reason="ACCOUNT_DISABLED", blocking=account.id)  # fmt: skip
