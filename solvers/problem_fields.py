"""Checks of the fields of a frozen problem; each names the field at fault in its ValueError."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum


def coerce(row: object, **kinds: type[StrEnum]) -> None:
    """Turn the named fields of a frozen row into members of their enums."""
    for name, kind in kinds.items():
        try:
            object.__setattr__(row, name, kind(getattr(row, name)))
        except ValueError:
            allowed = ", ".join(kind)
            raise ValueError(f"{name}: {getattr(row, name)!r} is none of {allowed}") from None


def sort_names(row: object, *names: str) -> None:
    """Sort the named lists of names and drop what is doubled."""
    for name in names:
        object.__setattr__(row, name, tuple(sorted(set(getattr(row, name)))))


def not_negative(row: object, *names: str) -> None:
    """None is allowed; anything else must be a whole number from 0 up."""
    for name in names:
        value = getattr(row, name)
        if value is not None and (not isinstance(value, int) or value < 0):
            raise ValueError(f"{name}: {value!r} is not a whole number from 0 up")


def known(name: str, key: str, keys: Iterable[str]) -> None:
    if key not in keys:
        raise ValueError(f"{name}: {key} is not part of the problem")


def unique(name: str, keys: Iterable[str]) -> None:
    doubled = [key for key, times in Counter(keys).items() if times > 1]
    if doubled:
        raise ValueError(f"{name}: {min(doubled)} occurs twice")
