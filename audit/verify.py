"""The offline verifier: an export, public keys and checkpoints kept elsewhere. Nothing else.

It needs no database, no secret and no network, trusts no projection, and never crashes: whatever
it cannot judge is a finding, and a fault of its own is a failure.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import (
    BadNote,
    Checkpoint,
    Verifier,
    open_checkpoint,
    read_unchecked,
)
from audit.cosignature import WitnessKey, witnessed_by
from audit.export_files import Files, FolderFiles
from audit.export_form import (
    BUNDLE,
    CHECKPOINT,
    KEY,
    MANIFEST,
    BadManifest,
    Manifest,
    bundle_name,
    bundles,
    leaves_name,
    note_name,
)
from audit.leaf_judge import LeafJudge
from audit.report import Finding, Report
from audit.tree import Frontier, fold, level_up

_KEPT = "the kept checkpoint"


def verify(
    export: Path | Files,
    public_keys: Sequence[str],
    previous: str | Sequence[str] | None = None,
    *,
    witnesses: Sequence[str] = (),
    quorum: int = 0,
) -> Report:
    """Judge an export. `previous` are signed notes that were kept elsewhere; each must carry the
    cosignatures of at least `quorum` of the witnesses."""
    files = FolderFiles(export) if isinstance(export, Path) else export
    kept = [previous] if isinstance(previous, str) else list(previous or ())
    report = Report()
    try:
        _Verification(files, report, witnesses, quorum).judge(public_keys, kept)
    except Exception as fault:  # a crash must never read as anything but a failure
        report.add(Finding("crash", f"the verifier stopped: {type(fault).__name__}"))
    return report


class _Verification:
    """One run over one export."""

    def __init__(self, files: Files, report: Report, witnesses: Sequence[str], quorum: int) -> None:
        self._witnesses, self._quorum = witnesses, quorum
        self._files = files
        self._report = report
        self._judge = LeafJudge(report)
        self._frontier = Frontier()  # of whole bundles
        self._roots: list[tuple[int, str, bytes]] = []  # size, whose, root: still to be met
        self._beyond: list[Checkpoint] = []  # kept ones over more leaves than the export has
        self._met = 0  # the largest size whose root was right,
        self._met_kept = 0  # and among the kept ones, which nobody here could forge

    def judge(self, public_keys: Sequence[str], kept: Sequence[str]) -> None:
        try:
            manifest = Manifest.parse(self._files.read(MANIFEST))
            names = self._files.names()
        except (BadManifest, OSError) as problem:
            self._fail("manifest", f"{problem}")
            return
        self._report.log, self._report.size = manifest.log, manifest.size
        if bundles(manifest.size) > len(names):  # do not count to what somebody made up
            self._fail("files", f"there are not the files of {manifest.size} leaves")
            return
        for name in sorted(names ^ manifest.files()):
            self._fail("files", f"{'unknown' if name in names else 'missing'} file {name}")
        verifiers = self._keys(public_keys)
        self._notes(manifest, verifiers)
        self._kept(manifest, kept, verifiers)
        self._roots.sort()
        root = self._leaves(manifest)
        self._report.root = root.hex()
        self._judge.conclude()
        for checkpoint in self._beyond:
            self._rolled_back(checkpoint, manifest.size)
        if self._report.withheld:
            self._incomplete("withheld", f"{self._report.withheld} bodies were not shown")

    def _keys(self, public_keys: Sequence[str]) -> list[Verifier]:
        try:
            shown = self._files.read(KEY).decode()
        except (OSError, ValueError):
            shown = ""
        verifiers = []
        for text in public_keys or [shown.removesuffix("\n")]:
            try:
                verifiers.append(Verifier.parse(text))
            except BadNote as problem:
                self._fail("key", str(problem))
        if not public_keys:
            self._incomplete("no-key", "no public key was given; the export's own proves nothing")
        if shown not in [f"{verifier.text}\n" for verifier in verifiers]:
            self._fail("key", "the export's key is not the one that was given")
        return verifiers

    def _notes(self, manifest: Manifest, verifiers: list[Verifier]) -> None:
        for size, digest in manifest.notes:
            name = CHECKPOINT if size == manifest.size else note_name(size)
            try:
                content = self._files.read(name)
                note = content.decode()
                self._expect(name, read_unchecked(note))
                if sha256(content).hexdigest() != digest:
                    raise BadNote("not the note that the manifest names")
                checkpoint = open_checkpoint(note, verifiers)
            except (OSError, ValueError) as problem:
                self._fail("checkpoint", f"{name}: {problem}")
                continue
            if (checkpoint.origin, checkpoint.size) != (manifest.log, size):
                self._fail("checkpoint", f"{name}: of another log or size")

    def _kept(self, manifest: Manifest, kept: Sequence[str], verifiers: list[Verifier]) -> None:
        compared = []
        if self._quorum and not kept:
            self._fail("quorum", "no kept checkpoint was given that witnesses could have cosigned")
        for note in kept:
            try:
                checkpoint = open_checkpoint(note, verifiers)
                self._require_quorum(note)
            except BadNote as problem:
                self._fail("previous", f"the kept checkpoint cannot be trusted: {problem}")
                continue
            if checkpoint.origin != manifest.log:
                self._fail("previous", "the kept checkpoint is of another log")
            elif checkpoint.size > manifest.size:
                self._beyond.append(checkpoint)
            else:
                self._expect(_KEPT, checkpoint)
            compared.append(checkpoint.size)
        self._report.compared_with = tuple(sorted(compared))

    def _require_quorum(self, note: str) -> None:
        names = witnessed_by(note, [WitnessKey.parse(text) for text in self._witnesses])
        if len(set(names)) < self._quorum:
            self._fail("quorum", f"{len(set(names))} of {self._quorum} witnesses cosigned a kept"
                                 " checkpoint")  # fmt: skip

    def _rolled_back(self, kept: Checkpoint, exported: int) -> None:
        if not self._lost(kept.size, kept.root):
            self._report.add(Finding(
                "rolled-back", f"a kept checkpoint covers {kept.size} leaves, the export has fewer",
                index=exported,
            ))  # fmt: skip

    def _lost(self, size: int, root: bytes) -> bool:
        """A kept checkpoint over what a restore lost: on record, so no proof of a forgery; but
        nothing that could be checked either."""
        epoch = self._report.lost(size, root)
        if epoch is not None:
            self._incomplete(
                "lost", f"a kept checkpoint covers {size} leaves; those from {epoch.first} on were "
                f"lost before the restore of {epoch.at}",
            )  # fmt: skip
        return epoch is not None

    def _expect(self, whose: str, checkpoint: Checkpoint) -> None:
        self._roots.append((checkpoint.size, whose, checkpoint.root))

    def _leaves(self, manifest: Manifest) -> bytes:
        root = self._compare(0, [])
        for number in range(bundles(manifest.size)):
            first = number * BUNDLE
            count = min(BUNDLE, manifest.size - first)
            hashes = self._bundle(number, first, count)
            rows = [hashes]
            while len(rows[-1]) > 1:
                rows.append(level_up(rows[-1]))
            root = self._compare(first, rows)
            if len(hashes) == BUNDLE:
                self._frontier.extend(rows[-1])
            elif len(hashes) != count:
                break  # what follows has no number
        for size, whose, _ in self._roots:
            self._fail("checkpoint", f"{whose}: there are not {size} leaves")
        return root

    def _compare(self, first: int, rows: list[list[bytes]]) -> bytes:
        """Meet the checkpoints that end in this bundle; the root after it."""
        count = len(rows[0]) if rows else 0
        while self._roots and self._roots[0][0] <= first + count:
            size, whose, root = self._roots.pop(0)
            if fold(self._frontier.edge + _edge(rows, size - first)) == root:
                self._met = size
                self._met_kept = size if whose == _KEPT else self._met_kept
            elif not (whose == _KEPT and self._lost(size, root)):
                self._report.add(Finding(
                    "root", f"{whose}: the leaves do not give the signed root",
                    between=(self._met_kept if whose == _KEPT else self._met, size),
                ))  # fmt: skip
        return fold(self._frontier.edge + _edge(rows, count))

    def _bundle(self, number: int, first: int, count: int) -> list[bytes]:
        """Judge one bundle; the hashes of its leaves."""
        content = self._content(bundle_name(number), first)
        lines = content.split(b"\n")
        if lines.pop() or len(lines) != count:
            index = first + min(count, len(lines))
            self._fail("bundle", f"{len(lines)} lines instead of {count}", index)
        hashes = [sha256(b"\x00" + line).digest() for line in lines]
        self._judge.judge(content, lines, hashes, first)
        self._stored(number, first, hashes)
        return hashes

    def _stored(self, number: int, first: int, hashes: list[bytes]) -> None:
        """The database's own hashes tell which leaf was changed."""
        stored = self._content(leaves_name(number), first)
        if stored == b"".join(hashes):
            return
        if len(stored) != 32 * len(hashes):
            self._fail("leaves", "the stored hashes are not as many as the leaves")
        for place, digest in enumerate(hashes):
            if stored[32 * place : 32 * place + 32] != digest:
                self._fail("leaf", "not what was linked", first + place)

    def _content(self, name: str, first: int) -> bytes:
        try:
            return self._files.read(name)
        except OSError:
            self._fail("files", f"{name} cannot be read", first)
            return b""

    def _fail(self, code: str, text: str, index: int | None = None) -> None:
        self._report.add(Finding(code, text, index))

    def _incomplete(self, code: str, text: str) -> None:
        self._report.add(Finding(code, text, fails=False))


def _edge(rows: list[list[bytes]], count: int) -> list[bytes]:
    """The complete subtrees over the first `count` leaves of a bundle, largest first."""
    edge, start = [], 0
    for level in reversed(range(len(rows))):
        if count >> level & 1:
            edge.append(rows[level][start >> level])
            start += 1 << level
    return edge
