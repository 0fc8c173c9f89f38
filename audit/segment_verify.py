"""Judges segments offline: one alone, or several that follow each other.

Like audit/verify.py: public keys and checkpoints kept elsewhere, no database, no secret; whatever
it cannot judge is a finding, and a fault of its own is a failure.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import BadNote, Checkpoint, Verifier, open_checkpoint
from audit.export_files import Files, FolderFiles
from audit.export_form import (
    BUNDLE,
    CHECKPOINT,
    KEY,
    MANIFEST,
    PRUNED,
    WITHHELD,
    bundle_name,
    leaves_name,
)
from audit.leaf_judge import LeafJudge
from audit.report import Finding, Report
from audit.segment_form import BadSegment, Segment, times_in
from audit.tree import Frontier


def verify_segments(
    segments: Sequence[Path | Files], public_keys: Sequence[str], previous: Sequence[str] = ()
) -> Report:
    """Judge segments in the order given. `previous` are signed notes that were kept elsewhere;
    those over sizes outside the segments are not looked at, and the report does not name them."""
    report = Report()
    try:
        files = [FolderFiles(one) if isinstance(one, Path) else one for one in segments]
        _Segments(report, public_keys, previous).judge(files)
    except Exception as fault:  # a crash must never read as anything but a failure
        report.add(Finding("crash", f"the verifier stopped: {type(fault).__name__}"))
    return report


class _Segments:
    def __init__(self, report: Report, keys: Sequence[str], previous: Sequence[str]) -> None:
        self._report = report
        self._given = list(keys)
        self._kept = previous
        self._frontier = Frontier()
        self._previous = ""  # the hash of its manifest
        self._roots: list[tuple[int, str, bytes]] = []

    def judge(self, segments: Sequence[Files]) -> None:
        if not segments:
            self._fail("manifest", "no segment was given")
        judge: LeafJudge | None = None
        before: Segment | None = None
        for files in segments:
            try:
                this = Segment.parse(content := files.read(MANIFEST))
            except (BadSegment, OSError) as problem:
                self._fail("manifest", f"{problem}")
                return
            if judge is None or before is None:
                self._begin(this)
                judge = LeafJudge(self._report, whole=this.first == 0)
            elif not self._follows(before, this):
                return
            self._files(files, this)
            self._heads(files, this)
            self._leaves(files, this, judge)
            before, self._previous = this, sha256(content).hexdigest()
        self._report.root = self._frontier.root().hex()

    def _begin(self, this: Segment) -> None:
        self._report.log, self._report.first = this.log, this.first
        self._frontier = Frontier(this.first, [bytes.fromhex(each) for each in this.edge])
        if not self._given:
            text = "no public key was given; the segment's own proves nothing"
            self._report.add(Finding("no-key", text, fails=False))

    def _follows(self, before: Segment, this: Segment) -> bool:
        """Whether a segment goes on where the one before ended."""
        edge = tuple(each.hex() for each in self._frontier.edge)
        told = (this.log, this.number, this.first, this.previous, this.edge)
        if told == (before.log, before.number + 1, before.end, self._previous, edge):
            return True
        text = f"segment {this.number} does not follow segment {before.number}"
        self._fail("segment", text, this.first)
        return False

    def _files(self, files: Files, this: Segment) -> None:
        names = {MANIFEST, *(name for name, _ in this.parts)}
        for name in sorted(files.names() ^ names):
            self._fail("files", f"segment {this.number}: {name} is missing or unknown", this.first)
        for name, digest in this.parts:
            if sha256(_read(files, name)).hexdigest() != digest:
                text = f"segment {this.number}: {name} is not what its manifest names"
                self._fail("files", text, this.first)

    def _heads(self, files: Files, this: Segment) -> None:
        """The signed roots that the leaves of this segment must give."""
        shown = _read(files, KEY).decode("utf-8", "replace")
        texts = self._given or [shown.removesuffix("\n")]
        verifiers = [Verifier.parse(text) for text in texts]
        if shown not in [f"{text}\n" for text in texts]:
            self._fail("key", "the segment's key is not the one that was given")
        self._roots = []
        note = _read(files, CHECKPOINT).decode("utf-8", "replace")
        for whose, text in (("checkpoint", note), *(("previous", kept) for kept in self._kept)):
            try:
                head = open_checkpoint(text, verifiers)
            except BadNote as problem:
                self._fail(whose, f"segment {this.number}: {problem}")
                continue
            self._expect(whose, head, this)
        self._roots.sort()

    def _expect(self, whose: str, head: Checkpoint, this: Segment) -> None:
        if head.origin != this.log or (whose == "checkpoint" and head.size != this.end):
            self._fail(whose, f"segment {this.number}: a signed head of another log or size")
        elif this.first < head.size <= this.end:
            self._roots.append((head.size, whose, head.root))
            if whose == "previous":
                self._report.compared_with += (head.size,)

    def _leaves(self, files: Files, this: Segment, judge: LeafJudge) -> None:
        met, times = this.first, ("", "")
        for number, first in enumerate(range(this.first, this.end, BUNDLE)):
            count = min(BUNDLE, this.end - first)
            content = _read(files, bundle_name(number))
            lines = content.split(b"\n")
            if lines.pop() or len(lines) != count:
                self._fail("bundle", f"{len(lines)} lines instead of {count}", first)
            hashes = [sha256(b"\x00" + line).digest() for line in lines]
            judge.judge(content, lines, hashes, first)
            times = times_in(lines, *times)
            for place, line in enumerate(lines):
                if line[:1] in (WITHHELD, PRUNED):
                    self._fail("missing", "a segment shows every entry", first + place)
            self._stored(_read(files, leaves_name(number)), hashes, first)
            met = self._meet(hashes, met)
            self._report.size = first + len(hashes)
            if len(hashes) != count:
                break  # what follows has no number
        if times not in (("", ""), (this.since, this.until)):
            self._fail("manifest", f"segment {this.number}: not of the times that it names")
        for size, whose, _ in self._roots:
            self._fail(whose, f"there are not {size} leaves")

    def _stored(self, stored: bytes, hashes: list[bytes], first: int) -> None:
        if len(stored) != 32 * len(hashes):
            self._fail("leaves", "the stored hashes are not as many as the leaves", first)
        for place, digest in enumerate(hashes):
            if stored[32 * place : 32 * place + 32] != digest:
                self._fail("leaf", "not what was linked", first + place)

    def _meet(self, hashes: list[bytes], met: int) -> int:
        """Append, and compare the root wherever a head was signed; the last size that was right."""
        done = 0
        while self._roots and self._roots[0][0] <= self._frontier.size + len(hashes) - done:
            size, whose, root = self._roots.pop(0)
            upto = done + size - self._frontier.size
            self._frontier.extend(hashes[done:upto])
            done = upto
            if self._frontier.root() == root:
                met = size
            else:
                text = f"{whose}: the leaves do not give the signed root"
                self._report.add(Finding("root", text, between=(met, size)))
        self._frontier.extend(hashes[done:])
        return met

    def _fail(self, code: str, text: str, index: int | None = None) -> None:
        self._report.add(Finding(code, text, index))


def _read(files: Files, name: str) -> bytes:
    """A file that is not there is a finding of its own: here it is empty."""
    try:
        return files.read(name)
    except OSError:
        return b""
