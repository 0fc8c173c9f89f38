"""Judges leaves one after the other: their form, their log, their place in their stream."""

from collections.abc import Sequence

from audit import epoch, form
from audit.chains import FORK, Chains
from audit.export_form import MISSING, PRUNED, WITHHELD
from audit.form import Groups, Link, Malformed
from audit.pruned import Pruned
from audit.report import Finding, Report

_EVIDENCE = b'{"evidence":'
_TEXTS = {
    "gap": "entries of its stream are missing before it",
    "fork": "the entry before it in its stream was another one",
    "replay": "its number in its stream was used before",
    "predecessor": "the stream that it took over from ended elsewhere",
}


class LeafJudge:
    """What was read so far, so that the next leaf can be judged. Where the leaves are not the
    `whole` log from its beginning, streams and epochs may have begun before."""

    def __init__(self, report: Report, *, whole: bool = True) -> None:
        self._report = report
        self._whole = whole
        self._chains = Chains()
        self._indexes: dict[str, int] = {}  # stream -> the leaf of its last entry
        self._withheld: set[str] = set()
        self._pruned = Pruned(report)

    def judge(
        self, content: bytes, lines: Sequence[bytes], hashes: list[bytes], first: int
    ) -> None:
        """The lines of a bundle's content; puts the hashes of bare ones into `hashes`."""
        self._pruned.see(content, first)
        found = form.read_many(content, lines)
        if found is None:
            self._lines(lines, hashes, first)
        else:
            self._entries(found, hashes, first)

    def conclude(self) -> None:
        """After the last leaf."""
        self._pruned.conclude()

    def _entries(self, found: list[Groups], hashes: list[bytes], first: int) -> None:
        """A bundle of ordinary entries; those that simply follow are many, and quick."""
        heads, indexes, log = self._chains.heads, self._indexes, f'"{self._report.log}"'.encode()
        self._report.entries += len(found)
        names: dict[bytes, str] = {}
        for index, (groups, digest) in enumerate(zip(found, hashes, strict=True), first):
            _, written, sprev, number, name = groups
            stream = names.get(name) or names.setdefault(name, form.link_of(groups).stream)
            sseq, at = int(number), heads.get(stream)
            if at and at[0] == sseq - 1 and at[1].encode() == sprev and written == log:
                heads[stream], indexes[stream] = (sseq, digest.hex()), index
            else:
                self._follow(form.link_of(groups), digest.hex(), index)

    def _lines(self, lines: Sequence[bytes], hashes: list[bytes], first: int) -> None:
        for place, line in enumerate(lines):
            if line[:1] in (WITHHELD, PRUNED, MISSING):
                hashes[place] = self._bare(line, first + place)
            elif line.startswith(_EVIDENCE):
                self._evidence(line, first + place)
            elif line.startswith(epoch.START):
                self._epoch(line, first + place)
            else:
                self._entry(line, hashes[place].hex(), first + place)

    def _bare(self, line: bytes, index: int) -> bytes:
        text = line[1:].decode("ascii", "replace")
        if not form.HASH.fullmatch(text):
            self._fail("form", "neither a body nor a hash", index)
            return b"\x00" * 32
        if line[:1] == MISSING:
            self._fail("missing", "the database had no entry for this leaf", index)
        elif line[:1] == PRUNED:
            self._pruned.bare(index)
        else:
            self._report.withheld += 1
        self._withheld.add(text)
        return bytes.fromhex(text)

    def _evidence(self, line: bytes, index: int) -> None:
        self._report.evidence += 1
        try:
            log, faults = form.read_evidence(line)
        except Malformed as problem:
            self._fail("form", str(problem), index)
            return
        if log != self._report.log:
            self._fail("log", "of another log", index)
        self._fail("evidence", f"the sequencer found a bad row: {', '.join(faults)}", index)

    def _epoch(self, line: bytes, index: int) -> None:
        try:
            log, begun = epoch.read_epoch(line)
        except Malformed as problem:
            self._fail("form", str(problem), index)
            return
        if log != self._report.log:
            self._fail("log", "of another log", index)
        before = self._report.epochs[-1].number if self._report.epochs else 0
        unknown = not self._whole and not self._report.epochs
        if begun.first != index or not (unknown or begun.number == before + 1):
            self._fail("epoch", "not the next epoch, or not where it says it begins", index)
        self._report.epochs.append(begun)

    def _entry(self, line: bytes, digest: str, index: int) -> None:
        self._report.entries += 1
        try:
            link = form.read(line)
        except Malformed as problem:
            self._fail("form", str(problem), index)
            return
        self._follow(link, digest, index)

    def _follow(self, link: Link, digest: str, index: int) -> None:
        if link.log != self._report.log:
            self._fail("log", "of another log", index)
        before = self._indexes.get(link.stream)
        self._indexes[link.stream] = index
        unseen = not self._whole and before is None and link.sseq > 1
        if unseen or link.sprev in self._withheld:  # it follows an entry that was not shown
            self._chains.put(link.stream, (link.sseq, digest))
            return
        for fault in self._chains.follow(link, digest):
            if fault == "predecessor" and (self._withheld or not self._whole):
                continue  # it may be among those that were not shown
            suspect = before if fault == FORK else None
            self._report.add(Finding(fault, _TEXTS[fault], index, suspect=suspect))

    def _fail(self, code: str, text: str, index: int) -> None:
        self._report.add(Finding(code, text, index))
