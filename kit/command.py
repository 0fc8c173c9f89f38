"""One command is one thing that an actor can do to the world."""

import inspect
from abc import ABC, abstractmethod
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from kit.clock import time_text
from kit.work import Scope, Work

T = TypeVar("T")

_registry: dict[str, type["Command[Any]"]] = {}


class Command(ABC, Generic[T]):
    """Subclass as a frozen dataclass; give it `action`, `scope` and `apply`.

    The pipeline asks `scope` where the change lands, lets the policy decide on
    (actor, `action`, scope), runs `apply`, and records the ledger entry. A subclass
    never checks permissions, never commits and never writes to the ledger.
    Its docstring is its public GraphQL description.
    """

    action: ClassVar[str]
    privileged: ClassVar[bool] = False  # waits for the checkpoint that covers its entry
    discloses: ClassVar[bool] = False  # and then something leaves the house: not before it is known
    # False: no rule over rows that it does not change depends on what it reads. PostgreSQL then
    # runs it READ COMMITTED, where the writers of one device's rows wait instead of failing.
    serializable: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if inspect.isabstract(cls):
            return
        if not isinstance(cls.__dict__.get("action"), str):
            raise TypeError(f"{cls.__qualname__} must declare its own action")
        known = _registry.setdefault(cls.__name__, cls)
        # slots=True makes a second class of the same name in the same module
        if known.__module__ != cls.__module__:
            raise TypeError(f"two commands are called {cls.__name__}")
        _registry[cls.__name__] = cls

    @abstractmethod
    def scope(self, work: Work) -> Scope:
        """Where the change lands. Raises NotFound."""

    @abstractmethod
    def apply(self, work: Work) -> T:
        """Make the change. Raises any Refusal."""

    def payload(self) -> dict[str, Any]:
        """Every field as plain JSON, to tell a repeated command from another one.

        Only its keyed hash is stored: it may hold personal data.
        """
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]


def all_commands() -> tuple[type[Command[Any]], ...]:
    """Every command there is, by name."""
    return tuple(_registry[name] for name in sorted(_registry))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        plain = [_plain(item) for item in value]
        return sorted(plain) if isinstance(value, set | frozenset) else plain
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    return repr(value)
