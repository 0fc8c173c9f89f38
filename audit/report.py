"""What a verification found, for machines and for people."""

import json
from dataclasses import asdict, dataclass, field
from enum import IntEnum

from audit.epoch import Epoch


class Result(IntEnum):
    """The exit code of `wardgrid ledger verify`."""

    PASS = 0
    FAIL = 1
    INCOMPLETE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or could not be judged.

    `index` is the leaf it was found at. `between` are the leaves among which the first bad one
    lies, where only a checkpoint's root tells. `suspect` is the leaf before, which may be the one
    that was changed.
    """

    code: str
    text: str
    index: int | None = None
    between: tuple[int, int] | None = None
    suspect: int | None = None
    fails: bool = True


@dataclass(slots=True)
class Report:
    """PASS only if everything was there, everything was looked at and nothing was wrong."""

    log: str = ""
    size: int = 0
    first: int = 0  # of segments: the first leaf that they hold
    root: str = ""
    entries: int = 0
    withheld: int = 0
    pruned: int = 0  # entries that are gone
    evidence: int = 0
    redacted: int = 0  # keys destroyed with a record, where the database itself was looked at
    compared_with: tuple[int, ...] = ()  # sizes of the kept checkpoints
    epochs: list[Epoch] = field(default_factory=list)  # restores, oldest first
    findings: list[Finding] = field(default_factory=list)

    MOST = 1000

    def add(self, finding: Finding) -> None:
        if len(self.findings) < self.MOST:
            self.findings.append(finding)

    def lost(self, size: int, root: bytes) -> Epoch | None:
        """The epoch that says that what this checkpoint was signed over is lost, if one does."""
        return next((epoch for epoch in self.epochs if epoch.hides(size, root)), None)

    @property
    def result(self) -> Result:
        if any(finding.fails for finding in self.findings):
            return Result.FAIL
        return Result.INCOMPLETE if self.findings else Result.PASS

    @property
    def first_bad_index(self) -> int | None:
        """The first leaf that is not what was signed, as exactly as the evidence allows."""
        failed = [finding for finding in self.findings if finding.fails]
        exact = {finding.index for finding in failed if finding.index is not None}
        near = exact | {finding.suspect for finding in failed if finding.suspect is not None}
        ranges = [finding.between for finding in failed if finding.between is not None]
        if ranges:
            end = min(end for _, end in ranges)
            first = max(first for first, _ in ranges if first < end)
            exact.add(min((i for i in near if first <= i < end), default=first))
        return min(exact, default=None)

    def to_json(self) -> str:
        """One line, ASCII."""
        facts = asdict(self)
        facts["result"] = self.result.name
        facts["first_bad_index"] = self.first_bad_index
        return json.dumps(facts, sort_keys=True)

    def page(self) -> str:
        """A page of plain text. What comes from the export is shown in ASCII, without controls."""
        lines = [
            f"Ledger {ascii(self.log)[1:-1]}: {self.result.name}",
            f"  leaves {self.size}, root {self.root or 'unknown'}"
            + (f"; judged from leaf {self.first} on" if self.first else ""),
            f"  entries {self.entries}, evidence of bad rows {self.evidence}, "
            f"withheld {self.withheld}",
            "  compared with kept checkpoints over: "
            + (", ".join(map(str, self.compared_with)) or "none (a rollback would not show)"),
        ]
        lines += [
            f"  restored from a backup of {epoch.first} leaves at {epoch.at}, approved by "
            + " and ".join(epoch.approved)
            + (f"; signed up to {epoch.lost_size}" if epoch.lost_size else "; nothing known lost")
            for epoch in self.epochs
        ]
        if self.pruned:
            lines.append(f"  pruned (recorded): {self.pruned} entries, their hashes hold")
        if self.redacted:
            lines.append(f"  redacted (recorded): {self.redacted} keys of erased people")
        if self.first_bad_index is not None:
            lines.append(f"  first bad leaf: {self.first_bad_index}")
        for finding in self.findings:
            where = "" if finding.index is None else f" at leaf {finding.index}"
            if finding.between:
                where = " between leaves {} and {}".format(*finding.between)
            lines.append(f"  - {finding.code}{where}: {ascii(finding.text)[1:-1]}")
        return "\n".join(lines) + "\n"
