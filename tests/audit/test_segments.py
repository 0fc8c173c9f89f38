"""Segments: put away whole, judged alone and in a row, and any changed byte is found."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.export_form import MANIFEST
from audit.report import Result
from audit.segment_form import Segment
from audit.segment_verify import verify_segments
from audit.segments import (
    Range,
    SegmentRefused,
    end_of_segment,
    make_segment,
    manifest_hash,
    segment_folder,
)
from kit.canonical import canonical_json
from tests.audit.ledgers import LOG, NOON, SIGNER, Ledger, draft

KEY = SIGNER.verifier.text
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


def put_away(ledger: Ledger, *ends: int) -> list[Path]:
    """Segments that end there, one after the other."""
    made, first, previous = [], 0, "0" * 64
    for number, end in enumerate(ends, 1):
        this = Range(number, first, end, previous)
        segment = make_segment(ledger.engine, ledger.folder / "segments", SIGNER.verifier, this,
                               FEBRUARY)  # fmt: skip
        made.append(segment_folder(ledger.folder / "segments", number))
        first, previous = end, manifest_hash(segment)
    return made


def test_a_month_is_put_away_once_it_is_over_and_a_full_segment_at_once(ledger: Ledger) -> None:
    ledger.fill(5)
    ledger.write(draft(90, at=FEBRUARY + timedelta(hours=1)))
    ledger.sequence()
    assert end_of_segment(ledger.engine, 0, FEBRUARY - timedelta(seconds=1)) is None
    assert end_of_segment(ledger.engine, 0, FEBRUARY) == 5  # the sixth is of the next month
    assert end_of_segment(ledger.engine, 5, FEBRUARY + timedelta(days=27)) is None
    assert end_of_segment(ledger.engine, 5, datetime(2026, 3, 1, tzinfo=UTC)) == 6
    assert end_of_segment(ledger.engine, 6, datetime(2026, 9, 1, tzinfo=UTC)) is None
    assert end_of_segment(ledger.engine, 0, NOON, most=4) == 4
    ledger.write(*(draft(number) for number in range(100, 110)))  # one checkpoint over ten
    ledger.sequence()
    assert end_of_segment(ledger.engine, 6, NOON, most=4) == 16


def test_segments_verify_alone_and_in_a_row(ledger: Ledger) -> None:
    ledger.fill(4)
    early = ledger.sequencer.checkpoint
    ledger.fill(8)
    folders = put_away(ledger, 3, 7, 12)
    for folder, leaves in zip(folders, (3, 4, 5), strict=True):
        report = verify_segments([folder], [KEY])
        assert (report.result, report.entries, report.log) == (Result.PASS, leaves, LOG)
    report = verify_segments(folders, [KEY], [early, ledger.sequencer.checkpoint])
    assert (report.result, report.entries, report.size) == (Result.PASS, 12, 12)
    assert report.compared_with == (4, 12)
    assert report.root == ledger.verify().root
    assert verify_segments(folders[1:], [KEY]).first == 3
    assert verify_segments(folders, []).result is Result.INCOMPLETE
    assert verify_segments([folders[0], folders[2]], [KEY]).findings[0].code == "segment"
    assert verify_segments([], [KEY]).result is Result.FAIL
    again = [folder.rename(folder.with_suffix(".first")) for folder in folders]
    for folder, kept in zip(put_away(ledger, 3, 7, 12), again, strict=True):
        assert (folder / MANIFEST).read_bytes() == (kept / MANIFEST).read_bytes()


def test_a_segment_ends_where_something_was_signed(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.write(*(draft(number) for number in range(4)))
    sqlite_ledger.sequence()
    with pytest.raises(SegmentRefused, match="no checkpoint was signed at 2 leaves"):
        put_away(sqlite_ledger, 2)
    assert not segment_folder(sqlite_ledger.folder / "segments", 1).exists()


def test_a_stream_that_goes_on_from_the_segment_before_is_followed(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(6)
    first, second = put_away(sqlite_ledger, 3, 6)
    bundle = second / "bundles" / "00000000"
    lines = bundle.read_bytes().splitlines(keepends=True)
    assert b'"sseq":4' in lines[0]
    bundle.write_bytes(b"".join([lines[1], lines[0], lines[2]]))
    codes = {finding.code for finding in verify_segments([first, second], [KEY]).findings}
    assert {"files", "leaf", "root", "gap", "replay"} <= codes


def edit(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    (folder / name).write_bytes(change((folder / name).read_bytes()))


def remade(content: bytes, **members: object) -> bytes:
    return canonical_json({**json.loads(content), **members}) + b"\n"


ATTACKS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "reworded": ("leaf", lambda f: edit(
        f, "bundles/00000000", lambda c: c.replace(b"OCCUPIED", b"RESERVED", 1))),
    "cut": ("bundle", lambda f: edit(
        f, "bundles/00000000", lambda c: c[: c.index(b"\n") + 1])),
    "hashes": ("leaf", lambda f: edit(f, "leaves/00000000", lambda c: c[32:64] + c[32:])),
    "note": ("checkpoint", lambda f: edit(f, "checkpoint", lambda c: c.replace(b"\n7\n", b"\n8\n"))),
    "key": ("key", lambda f: edit(f, "public.key", lambda c: c[:-2] + b"\n")),
    "left out": ("files", lambda f: (f / "leaves/00000000").unlink()),
    "put in": ("files", lambda f: (f / "more").write_bytes(b"")),
    "edge": ("root", lambda f: edit(f, MANIFEST, lambda c: remade(
        c, edge=["00" * 32, *json.loads(c)["edge"][1:]]))),
    "moved": ("manifest", lambda f: edit(f, MANIFEST, lambda c: remade(c, first=4))),
    "blanks": ("manifest", lambda f: edit(f, MANIFEST, lambda c: c.replace(b",", b", ", 1))),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_a_changed_segment_is_found(sqlite_ledger: Ledger, name: str) -> None:
    sqlite_ledger.fill(8)
    code, attack = ATTACKS[name]
    folder = put_away(sqlite_ledger, 3, 7)[1]
    shutil.copytree(folder, kept := folder.with_suffix(".kept"))
    attack(folder)
    report = verify_segments([folder], [KEY])
    assert report.result is Result.FAIL
    assert code in {finding.code for finding in report.findings}
    assert verify_segments([kept], [KEY]).result is Result.PASS


def test_no_flipped_byte_of_a_segment_passes(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(4)
    folder = put_away(sqlite_ledger, 2, 4)[1]
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        # which number it has and what came before, only its neighbours can tell
        free = (
            range(content.find(b'"number"'), content.find(b'"to"')) if path.name == MANIFEST else ()
        )
        for place in range(0, len(content), 41):
            if place in free:
                continue
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(changed)
            report = verify_segments([folder], [KEY])
            assert report.result is Result.FAIL, (path.name, place)
            assert "crash" not in {finding.code for finding in report.findings}
        path.write_bytes(content)
    assert verify_segments([folder], [KEY]).result is Result.PASS


def test_the_manifest_says_what_is_in_it(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(3)
    segment = Segment.parse((put_away(sqlite_ledger, 3)[0] / MANIFEST).read_bytes())
    assert (segment.number, segment.first, segment.end, segment.edge) == (1, 0, 3, ())
    assert (segment.since, segment.until) == (
        "2026-01-05T12:00:01.000000Z", "2026-01-05T12:00:03.000000Z",
    )  # fmt: skip
