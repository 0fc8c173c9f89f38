"""Which passwords the house does not want, as the settings say."""

from typing import TYPE_CHECKING

from authz.password_lists import Unwanted, require_list

if TYPE_CHECKING:
    from app.settings import Settings


def unwanted_of(settings: "Settings") -> Unwanted:
    return Unwanted(settings.password_words, settings.breached_passwords)


def password_problems(settings: "Settings") -> list[str]:
    """What would keep people from choosing a password at all."""
    if settings.breached_passwords is None:
        return []
    try:
        require_list(settings.breached_passwords)
    except (OSError, ValueError) as odd:
        told = str(odd) if isinstance(odd, ValueError) else type(odd).__name__
        return [f"breached_passwords cannot be used: {told}"]
    return []
