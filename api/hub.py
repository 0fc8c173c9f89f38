"""Runs the groups: changes come in from the feed, payloads go out to sockets.

Everything here happens on the event loop except the reads, which run in a few threads of their
own. A change marks the groups of its places; after a short wait, in which a burst becomes one
reading, each marked group reads once and sends only what differs from what its members have.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import anyio
import strawberry
from anyio import CapacityLimiter

from api.groups import Group, GroupKey, Member, Reader, Reading, take_reading
from api.subscription import Topic
from app.feed import Feed, takes
from app.tail import Change
from kit.errors import Refusal
from kit.work import Scope

DEBOUNCE_S = 0.025
REFRESH_S = 15.0  # time alone changes a board: holds run out, cleaning becomes overdue
READERS = 4
T = TypeVar("T")
Topics = tuple[Topic, ...]

log = logging.getLogger("wardgrid.live")


class Hub:
    """`epoch` is the policy's; when it moves, every member is admitted anew or refused.

    `refuse(member, why)` is told of members who may no longer watch; `fail(members, fault)` of
    those whose reading failed.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        reader: Reader,
        epoch: Callable[[], int],
        refuse: Callable[[Member, Refusal], None],
        fail: Callable[[Collection[Member], Exception], None],
        alarm_shown: Callable[[datetime], None] = lambda _at: None,
    ) -> None:
        self._schema = schema
        self._reader = reader
        self._epoch = epoch
        self._refuse = refuse
        self._fail = fail
        self._alarm_shown = alarm_shown
        self._at = epoch()
        self._groups: dict[GroupKey, Group] = {}
        self._home: dict[Member, Group] = {}
        self._index: defaultdict[Scope, set[Group]] = defaultdict(set)
        self._marked: dict[Group, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = CapacityLimiter(READERS)
        self._moving = asyncio.Lock()
        self.readings = 0  # executions so far, for metrics and tests

    def __len__(self) -> int:
        return len(self._groups)

    async def join(self, member: Member) -> None:
        """Admit a subscriber and see to the first payload. Raises a Refusal."""
        self._seat(member, await self._topics(member))

    def leave(self, member: Member, how: str = "CLOSED") -> None:
        """The subscriber went away, or is sent away."""
        member.gone = True
        group = self._home.pop(member, None)
        if group is None:
            return
        del group.members[member]
        if not group.members:
            self._dissolve(group)
        self._stopped(member, how)

    def _stopped(self, member: Member, how: str) -> None:
        if member.told:
            self._start(self._record([member], member.told, "view.stop", member.place, how))

    def changed(self, changes: Sequence[Change]) -> None:
        """The feed has news. Call it on the event loop."""
        for change in changes:
            for scope in change.scope.upward():
                for group in self._index.get(scope, ()):
                    if any(takes(topic, change) for topic in group.topics):
                        group.woken_by(change)
                        self._mark(group)

    def tick(self) -> None:
        """Once a second or so: notice a new policy, and let time pass on quiet boards."""
        if self._epoch() != self._at:
            self._start(self._reseat())
        now = asyncio.get_running_loop().time()
        for group in self._groups.values():
            if now - group.read_at > REFRESH_S and group.latest is not None:
                self._mark(group)

    async def close(self) -> None:
        """Forget everybody and wait for what is under way."""
        if self._timer is not None:
            self._timer.cancel()
        for member in list(self._home):
            self.leave(member, "STOPPED")
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _topics(self, member: Member) -> Topics:
        live, given = member.watch.live, member.watch.arguments
        return await self._thread(self._reader.topics, member.context(), live, given)

    def _seat(self, member: Member, topics: Topics) -> None:
        if member.gone:
            return
        group = self._group_of(member, topics)
        group.members[member] = None
        self._home[member] = group
        if group.latest is not None:
            self._start(self._tell(group, group.latest))
        elif not group.busy:  # one reading serves all who come while it is made
            self._mark(group, now=True)

    def _group_of(self, member: Member, topics: Topics) -> Group:
        viewer = self._reader.viewer_key(member.actor, topics)
        key = (self._at, member.watch.key, viewer)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key, member.watch, topics)
            for topic in topics:
                self._index[topic.scope].add(group)
        return group

    def _dissolve(self, group: Group) -> None:
        self._groups.pop(group.key, None)
        self._marked.pop(group, None)
        for topic in group.topics:
            self._index[topic.scope].discard(group)
            if not self._index[topic.scope]:
                del self._index[topic.scope]

    def _mark(self, group: Group, *, now: bool = False) -> None:
        self._marked[group] = None
        loop = asyncio.get_running_loop()
        if now:
            loop.call_soon(self._flush)
        elif self._timer is None:
            self._timer = loop.call_later(DEBOUNCE_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._epoch() != self._at:  # nobody gets an event on rights that were taken away
            self._start(self._reseat())
            return
        marked, self._marked = self._marked, {}
        for group in marked:
            if group.busy:
                group.again = True
            else:
                group.busy = True
                self._start(self._refresh(group))

    async def _refresh(self, group: Group) -> None:
        try:
            while group.members:
                group.again = False
                await self._read(group)
                if not group.again:
                    return
        finally:
            group.busy = False

    async def _read(self, group: Group) -> None:
        context = next(iter(group.members)).context()
        group.read_at = asyncio.get_running_loop().time()
        self.readings += 1
        alarm_at, group.alarm_at = group.alarm_at, None  # what comes from here on is in the next
        try:
            reading = await self._thread(
                take_reading, self._schema, self._reader, group.watch, context
            )
        except Exception as fault:  # refused or broken: the members hear of it, the hub goes on
            self._cast_off(list(group.members), fault)
            return
        group.latest = reading
        await self._tell(group, reading)
        if alarm_at is not None:
            self._alarm_shown(alarm_at)

    def _cast_off(self, members: list[Member], fault: Exception) -> None:
        for member in members:
            self.leave(member, "REVOKED" if isinstance(fault, Refusal) else "FAILED")
        if isinstance(fault, Refusal):
            for member in members:
                self._refuse(member, fault)
        else:
            self._fail(members, fault)

    async def _tell(self, group: Group, reading: Reading) -> None:
        """Send a reading to all who have not got its content, once it is on record for them."""
        behind = list(group.behind())
        for told in {member.told for member in behind}:
            if news := reading.shown - told:
                fresh = [member for member in behind if member.told == told]
                try:
                    phase = "view.more" if told else "view.start"
                    await self._record(fresh, news, phase, reading.context)
                except Exception as fault:  # what is not on record is not shown
                    self._cast_off(fresh, fault)
                    continue
                known = told | reading.shown
                for member in fresh:
                    member.told, member.place = known, reading.context
                    if member.gone and not told:  # left meanwhile: what began has to end
                        self._stopped(member, "CLOSED")
        if self._epoch() != self._at:
            self._start(self._reseat())
        elif group.latest is reading:  # else a newer one is on its way to the same members
            for member in behind:
                self._deliver(group, member, reading)

    def _deliver(self, group: Group, member: Member, reading: Reading) -> None:
        unseen = member.seen != reading.content
        if unseen and not member.gone and self._home.get(member) is group:
            member.seen = reading.content
            member.receiver.deliver(member, reading.payload)

    async def _record(
        self, members: Iterable[Member], shown: Any, phase: str, context: Any, how: str = ""
    ) -> None:
        views = [(member.actor, member.view) for member in members]
        await self._thread(self._reader.on_view, views, context, shown, phase, how)

    async def _reseat(self) -> None:
        """A new policy: nobody keeps a seat that the old one gave."""
        async with self._moving:
            if self._epoch() == self._at:
                return
            self._at = self._epoch()
            standing = [(member, group.topics) for member, group in self._home.items()]
            for group in list(self._groups.values()):
                group.members.clear()
                self._dissolve(group)
            self._home.clear()
            found: dict[GroupKey, Topics | Refusal] = {}
            for member, before in standing:
                key = (member.watch.key, self._reader.viewer_key(member.actor, before))
                if key not in found:
                    found[key] = await self._topics_or_why(member)
                self._seat_again(member, found[key])

    async def _topics_or_why(self, member: Member) -> Topics | Refusal:
        try:
            return await self._topics(member)
        except Refusal as refusal:
            return refusal

    def _seat_again(self, member: Member, topics: Topics | Refusal) -> None:
        if not isinstance(topics, Refusal):
            self._seat(member, topics)
        elif not member.gone:
            member.gone = True
            self._stopped(member, "REVOKED")
            self._refuse(member, topics)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("live work failed", exc_info=(type(fault), fault, fault.__traceback__))

    async def _thread(self, call: Callable[..., T], *arguments: Any) -> T:
        return await anyio.to_thread.run_sync(partial(call, *arguments), limiter=self._threads)


def follow(feed: Feed, hub: Hub, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    """Let the feed's thread tell the hub. Returns what ends it."""
    return feed.listen(lambda changes: _pass_on(loop, hub, changes))


def _pass_on(loop: asyncio.AbstractEventLoop, hub: Hub, changes: Sequence[Change]) -> None:
    try:
        loop.call_soon_threadsafe(hub.changed, changes)
    except RuntimeError:  # the loop has just been closed: there is nobody left to tell
        log.info("a change came after the last socket")
