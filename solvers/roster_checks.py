"""How the parts of a roster problem are checked when they are built; errors name the field."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum


def as_kinds(row: object, **kinds: type[StrEnum]) -> None:
    """Plain strings, as they come from JSON, become the enum's members."""
    for name, kind in kinds.items():
        try:
            object.__setattr__(row, name, kind(getattr(row, name)))
        except ValueError:
            allowed = ", ".join(kind)
            raise ValueError(f"{name}: {getattr(row, name)!r} is none of {allowed}") from None


def sorted_rows(row: object, *names: str) -> None:
    """The named lists as sorted tuples, each entry once."""
    for name in names:
        object.__setattr__(row, name, tuple(sorted(set(getattr(row, name)))))


def whole(row: object, *names: str, least: int = 0) -> None:
    """The named values are whole numbers from `least` up, or None."""
    for name in names:
        value = getattr(row, name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name}: {value!r} is not a whole number from {least} up")


def known(name: str, key: str, keys: Iterable[str]) -> None:
    if key not in keys:
        raise ValueError(f"{name}: {key} is not part of the problem")


def unique(name: str, keys: Iterable[object]) -> None:
    doubled = [str(key) for key, times in Counter(keys).items() if times > 1]
    if doubled:
        raise ValueError(f"{name}: {min(doubled)} occurs twice")


def calendar_day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {text!r} is no date of the form 2026-11-30") from None
