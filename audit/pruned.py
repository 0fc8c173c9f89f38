"""What the log itself says of its pruning: which leaves may be gone, and whether a hold kept them.

An entry `ledger.prune` approves a range, by somebody else than who asked; `pruning.begin` lets it
go. Pruning leaves these entries and those about holds where they are, so that this can be judged
for as long as the log lives (docs/ledger-format.md).
"""

import json
from typing import Any

from audit.report import Finding, Report

APPROVED, BEGUN = "ledger.prune", "pruning.begin"
PLACED, LIFTED = "legal_hold.place", "legal_hold.lift"
STAYING = (APPROVED, BEGUN, PLACED, LIFTED, "privacy.shred")  # entries that are never pruned
_STARTS = tuple(f'{{"action":"{one}"'.encode() for one in (APPROVED, BEGUN, PLACED, LIFTED))
_ALWAYS = 10**15


class Pruned:
    """`see` every line and `bare` each pruned one in order, then `conclude`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._approved: set[tuple[int, int]] = set()
        self._begun: list[tuple[int, int]] = []
        self._holds: dict[str, tuple[int, int]] = {}  # in force: leaves, both included
        self._gone: list[list[int]] = []  # [first, end) of leaves that are pruned

    def see(self, content: bytes, first: int) -> None:
        """The lines of a bundle, of which few are about pruning and holds."""
        if any(start in content for start in _STARTS):
            for index, line in enumerate(content.split(b"\n"), first):
                if line.startswith(_STARTS):
                    self._read(line, index)

    def bare(self, index: int) -> None:
        """A leaf whose entry was pruned."""
        self._report.pruned += 1
        if self._gone and self._gone[-1][1] == index:
            self._gone[-1][1] += 1
        else:
            self._gone.append([index, index + 1])

    def conclude(self) -> None:
        """Leaves that no record lets go."""
        for first, end in self._gone:
            for begin, stop in sorted(self._begun):
                first = stop if begin <= first < stop else first
            if first < end:
                text = "its entry is gone, and no record of two people let it go"
                self._report.add(Finding("pruned", text, first))

    def _read(self, line: bytes, index: int) -> None:
        try:
            entry = json.loads(line)
            if entry["outcome"] != "done":
                return
            notes, changes = dict(entry["notes"]), entry["change"]
            if entry["action"] in (APPROVED, BEGUN):
                self._pruning(entry, int(notes["first"]), int(notes["end"]), notes, index)
            else:
                for change in changes:
                    self._hold(change)
        except (ValueError, KeyError, TypeError):
            self._report.add(Finding("pruned", "not the record of a pruning or of a hold", index))

    def _pruning(self, entry: Any, first: int, end: int, notes: Any, index: int) -> None:
        if not 0 <= first < end <= index:
            raise ValueError("range")
        if entry["action"] == APPROVED:
            if entry["actor"]["id"] != notes["asked"]:
                self._approved.add((first, end))
        elif (first, end) in self._approved:
            self._begun.append((first, end))
            if any(begin < end and first <= last for begin, last in self._holds.values()):
                text = f"leaves {first} to {end - 1} were pruned under a legal hold"
                self._report.add(Finding("held", text, index))

    def _hold(self, change: Any) -> None:
        values = {name: new for name, _, new in change["fields"]}
        if change["table"] != "legal_hold":
            return
        if change["op"] == "insert" and values.get("first_leaf") is not None:
            last = values.get("last_leaf")
            self._holds[change["id"]] = (values["first_leaf"], _ALWAYS if last is None else last)
        elif values.get("lifted_at") is not None:
            self._holds.pop(change["id"], None)
