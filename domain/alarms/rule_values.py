"""Single values of a rule's plain form, each refused with the name of its field."""

import math
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from kit.errors import Invalid

W = TypeVar("W", bound=StrEnum)

LARGEST = 1e9


def require_known(
    plain: Mapping[str, Any], known: Collection[str], needed: Collection[str], at: str = ""
) -> None:
    """Raise Invalid for a key that is unknown here, and for one that is missing."""
    prefix = f"{at}." if at else ""
    for key in plain:
        if key not in known:
            name = str(key)[:40]
            raise Invalid("a rule of this kind has no such field", reason="RULE_FIELD_UNKNOWN",
                          field=f"{prefix}{name}", allowed=tuple(sorted(known)))  # fmt: skip
    for key in sorted(needed):
        if plain.get(key) is None:
            raise Invalid("this field is needed", reason="RULE_FIELD_MISSING",
                          field=f"{prefix}{key}")  # fmt: skip


def one_word(plain: Mapping[str, Any], key: str, words: type[W], field: str | None = None) -> W:
    """A closed word in any case of letters. Raises Invalid that lists the words."""
    given = plain.get(key)
    try:
        return words(str(given).upper())
    except ValueError:
        pass
    raise Invalid("no such word here", reason="RULE_VALUE", field=field or key,
                  allowed=tuple(word.value.lower() for word in words))  # fmt: skip


def choice(plain: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, the first where nothing is given. Raises Invalid."""
    given = plain.get(key, allowed[0])
    if given not in allowed:
        raise Invalid("no such word here", reason="RULE_VALUE", field=key, allowed=allowed)
    return str(given)


def number(
    plain: Mapping[str, Any], key: str, *, low: float = -LARGEST, high: float = LARGEST
) -> float | None:
    """A finite number within bounds; None where it is not given. Raises Invalid."""
    given = plain.get(key)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise Invalid("give a number", reason="RULE_NUMBER", field=key)
    if not low <= given <= high:
        raise Invalid(f"give a number of {low:g} to {high:g}", reason="RULE_NUMBER", field=key)
    return float(given)


def whole(plain: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    """A whole number within bounds; None where it is not given. Raises Invalid."""
    found = number(plain, key, low=low, high=high)
    if found is not None and found != int(found):
        raise Invalid("give a whole number", reason="RULE_NUMBER", field=key)
    return None if found is None else int(found)


def yes_or_no(plain: Mapping[str, Any], key: str, field: str, *, otherwise: bool = False) -> bool:
    """A truth value, `otherwise` where nothing is given. Raises Invalid."""
    given = plain.get(key, otherwise)
    if not isinstance(given, bool):
        raise Invalid("give true or false", reason="RULE_VALUE", field=field)
    return given
