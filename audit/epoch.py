"""A new epoch: the leaf that a restored log begins again with. It says who restored, and what of
the signed log is lost.

An operator could write such a leaf to hide a rollback. So it never makes a checkpoint of the lost
range hold: whoever kept one is told of the loss, and of the two people who stand for it.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from audit.checkpoint import Checkpoint
from audit.form import Malformed
from kit.canonical import canonical_json, parse_canonical

START = b'{"epoch":'
PEOPLE = 2
_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ROOT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEMBERS = {"approved", "at", "from", "lost", "number"}


@dataclass(frozen=True, slots=True)
class Epoch:
    """`first`: how many leaves were restored, and so the leaf's own index. `lost_size`,
    `lost_root`: the newest checkpoint that is known to have been signed beyond; None if none."""

    number: int
    first: int
    at: str
    approved: tuple[str, ...]  # accounts of the two people
    lost_size: int | None = None
    lost_root: str | None = None

    def body(self, log: str) -> bytes:
        lost = None
        if self.lost_size is not None:
            lost = {"root": self.lost_root, "size": self.lost_size}
        epoch = {
            "approved": list(self.approved), "at": self.at, "from": self.first, "lost": lost,
            "number": self.number,
        }  # fmt: skip
        return canonical_json({"epoch": epoch, "log": log, "v": 1})

    def hides(self, size: int, root: bytes) -> bool:
        """The checkpoint may have been signed over what is lost; the newest one is known."""
        if self.lost_size is None or not self.first < size <= self.lost_size:
            return False
        return size < self.lost_size or root.hex() == self.lost_root


def new_epoch(
    before: Epoch | None,
    size: int,
    at: datetime,
    approved: tuple[str, ...],
    lost: Checkpoint | None,
) -> Epoch:
    """The next epoch of a log of `size` leaves. Raises ValueError where it cannot be one."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    beyond = lost if lost is not None and lost.size > size else None
    number = 1 if before is None else before.number + 1
    made = Epoch(number, size, stamp, approved)
    if beyond is not None:
        made = replace(made, lost_size=beyond.size, lost_root=beyond.root.hex())
    read_epoch(made.body("log"))
    return made


def read_epoch(body: bytes) -> tuple[str, Epoch]:
    """The log and the epoch of a leaf. Raises Malformed unless it is exactly in its form."""
    try:
        leaf = parse_canonical(body)
        epoch, log = leaf["epoch"], leaf["log"]
        lost = epoch["lost"]
        found = Epoch(
            epoch["number"], epoch["from"], epoch["at"], tuple(epoch["approved"]),
            lost and lost["size"], lost and lost["root"],
        )  # fmt: skip
        sound = (
            set(leaf) == {"epoch", "log", "v"} and leaf["v"] == 1 and isinstance(log, str)
            and set(epoch) == _MEMBERS and _sound(found)
            and (lost is None or set(lost) == {"root", "size"})
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Malformed("not in the form of an epoch") from None
    if not sound:
        raise Malformed("not in the form of an epoch")
    return log, found


def _sound(epoch: Epoch) -> bool:
    counts = [epoch.number, epoch.first, *([] if epoch.lost_size is None else [epoch.lost_size])]
    return (
        all(type(each) is int and 0 <= each < 10**15 for each in counts)
        and epoch.number >= 1
        and _AT.fullmatch(epoch.at) is not None
        and len(set(epoch.approved)) == len(epoch.approved) == PEOPLE
        and all(_ID.fullmatch(each) for each in epoch.approved)
        and (epoch.lost_size is None or epoch.lost_size > epoch.first)
        and (epoch.lost_root is None or _ROOT.fullmatch(epoch.lost_root) is not None)
    )
