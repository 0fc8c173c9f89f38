"""`@subscription` declares a live field: which changes wake it, and the read that answers.

The read runs in api/live.py, once per group of subscribers with equal rights and variables.
This is the only file that may use `strawberry.subscription`.
"""

import inspect
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

import strawberry

from api.query import ACTION
from kit.work import Scope

LIVE = "live"


@dataclass(frozen=True, slots=True)
class Topic:
    """Events that wake a subscriber: inside `scope`, of these names (empty: any)."""

    scope: Scope
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Live:
    """What api/live.py needs of a subscription field.

    `topics(reader, **arguments)` raises NotFound where the viewer may see nothing;
    `resolve(None, reader, **arguments)` answers with the payload's view.
    `latest_wins`: a slow screen may skip payloads, as each one shows the whole state.
    """

    action: str
    topics: Callable[..., tuple[Topic, ...]]
    resolve: Callable[..., Any]
    latest_wins: bool = True


def subscription(
    action: str, *, topics: Callable[..., tuple[Topic, ...]], latest_wins: bool = True
) -> Callable[[Callable[..., Any]], Any]:
    """Make a live field. `action` is checked again for every event."""

    def decorate(resolve: Callable[..., Any]) -> Any:
        async def served_by_api_live(**_: Any) -> Any:
            raise RuntimeError("subscriptions are served over WebSocket by api/live.py")
            yield

        hints = get_type_hints(resolve)
        signature = inspect.signature(resolve)
        shown = [p for p in signature.parameters.values() if p.name != "reader"]
        payload: Any = AsyncGenerator.__class_getitem__((hints["return"], None))  # type: ignore[attr-defined]  # the type is known only now
        served_by_api_live.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=shown, return_annotation=payload
        )
        served_by_api_live.__annotations__ = {
            **{p.name: hints[p.name] for p in shown if p.name in hints},
            "return": payload,
        }
        served_by_api_live.__name__ = resolve.__name__
        served_by_api_live.__module__ = resolve.__module__
        return strawberry.subscription(  # noqa: TID251 - the one place
            served_by_api_live,
            description=f"{resolve.__doc__ or ''}\n\nNeeds `{action}`.".strip(),
            metadata={ACTION: action, LIVE: Live(action, topics, resolve, latest_wins)},
        )

    return decorate
