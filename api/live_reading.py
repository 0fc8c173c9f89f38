"""How live fields read the running program, and how what they show gets on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from api.context import Context, read_draft, snapshot
from api.groups import Shown, View
from api.query import read
from api.subscription import Live, Topic
from app.wiring import App
from kit.work import Actor


class LiveReader:
    """`api.groups.Reader` over the program. All calls block."""

    def __init__(self, app: App, process: UUID) -> None:
        self._app, self._process = app, process

    def topics(self, context: Context, live: Live, arguments: dict[str, Any]) -> tuple[Topic, ...]:
        """What wakes the subscriber. Raises NotFound where the viewer may see nothing."""
        with snapshot(context) as session:
            found: tuple[Topic, ...] = read(context, session, live.action, live.topics, arguments)
            return found

    @contextmanager
    def opened(self, context: Context, live: Live, arguments: dict[str, Any]) -> Iterator[Any]:
        """The payload's view, while its snapshot is open."""
        with snapshot(context) as session:
            yield read(context, session, live.action, partial(live.resolve, None), arguments)

    def viewer_key(self, actor: Actor, topics: tuple[Topic, ...]) -> tuple[object, ...]:
        """Equal for viewers who hold the same classes of data in the topics' places.

        Whoever sees more of patients assigned to them has a group of their own.
        """
        decisions = self._app.decisions
        here = tuple((t.scope.path, decisions.classes(actor, t.scope)) for t in topics)
        own = any(decisions.assigned_classes(actor, topic.scope) for topic in topics)
        return (decisions.fingerprint(actor), here, actor.id if own else None,
                actor.purpose, actor.purpose_stated)  # fmt: skip

    def on_view(
        self,
        views: list[View],
        context: Context,
        shown: Shown,
        phase: str,
        how: str = "",
    ) -> None:
        """Make durable, before it is sent, that these viewers are shown these fields."""
        for viewer, view in views:
            notes = {**context.notes, "view": str(view), "process": str(self._process)}
            draft = read_draft(self._app, viewer, phase, context.operation, shown,
                               context.disclosures, notes=notes | ({"how": how} if how else {}),
                               )  # fmt: skip
            self._app.pipeline.record(draft)
