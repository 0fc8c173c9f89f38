"""Continuity of streams: does an entry follow the one before it in its stream?

The sequencer asks before it links an entry; the verifier asks again without trusting it.
"""

from collections import OrderedDict
from collections.abc import Callable

from audit.form import ZERO_HASH, Head, Link

Place = tuple[int, str]  # number in the stream, leaf hash
START: Place = (0, ZERO_HASH)

GAP = "gap"  # entries between are missing
FORK = "fork"  # the entry before was another one
REPLAY = "replay"  # its number was used already
PREDECESSOR = "predecessor"  # the stream it took over from ended elsewhere


class Chains:
    """Heads of streams. With `most`, the least used are dropped and asked of `lookup` again."""

    def __init__(
        self, most: int = 0, lookup: Callable[[str], Place | None] = lambda _stream: None
    ) -> None:
        self.heads: OrderedDict[str, Place] = OrderedDict()
        self._most = most
        self._lookup = lookup

    def copy(self) -> "Chains":
        twin = Chains(self._most, self._lookup)
        twin.heads = self.heads.copy()
        return twin

    def head(self, stream: str) -> Place | None:
        known = self.heads.get(stream)
        return known if known else self._lookup(stream)

    def follow(self, link: Link, leaf: str) -> tuple[str, ...]:
        """Put an entry at the end of its stream; the faults found. A replay moves nothing."""
        at = self.head(link.stream) or START
        if link.sseq <= at[0]:
            return (REPLAY,)
        faults = [] if link.sseq == at[0] + 1 else [GAP]
        if not faults and link.sprev != at[1]:
            faults.append(FORK)
        if not all(self._ended_there(head) for head in link.before):
            faults.append(PREDECESSOR)
        self.put(link.stream, (link.sseq, leaf))
        return tuple(faults)

    def put(self, stream: str, place: Place) -> None:
        self.heads[stream] = place
        if self._most:
            self.heads.move_to_end(stream)
            if len(self.heads) > self._most:
                self.heads.popitem(last=False)

    def _ended_there(self, named: Head) -> bool:
        """A stream that was left in doubt may have ended later, and be linked later."""
        known = self.head(named.stream)
        if named.sure:
            return known == (named.sseq, named.hash)
        return known is None or known[0] != named.sseq or known[1] == named.hash
