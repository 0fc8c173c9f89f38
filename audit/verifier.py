"""The verifier as a program: `verify` an export or segments, `check-proof` of one entry. Offline.

`wardgrid ledger` runs it, and so does the one file that an outsider carries (audit/one_file.py):
nothing here needs more than Python's standard library.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from audit.page import page
from audit.proof import BadProof, check_proof
from audit.report import Report, Result
from audit.segment_verify import verify_segments
from audit.verify import verify
from kit.clock import utc_now


def main(given: Sequence[str] | None = None) -> int:
    """0 PASS, 1 FAIL, 2 INCOMPLETE; what cannot even be read is a FAIL."""
    asked = _parser().parse_args(given)
    try:
        return int(asked.run(asked))
    except OSError as problem:
        sys.stderr.write(f"FAIL: {problem.filename}: {problem.strerror}\n")
        return int(Result.FAIL)


def _verify(asked: argparse.Namespace) -> int:
    report = verify(
        asked.export, _keys(asked.key), [_text(path) for path in asked.previous],
        witnesses=_keys(asked.witness), quorum=asked.quorum,
    )  # fmt: skip
    return _told(asked, report)


def _segments(asked: argparse.Namespace) -> int:
    kept = [_text(path) for path in asked.previous]
    return _told(asked, verify_segments(asked.segments, _keys(asked.key), kept))


def _told(asked: argparse.Namespace, report: Report) -> int:
    sys.stdout.write(report.to_json() + "\n" if asked.json else report.page())
    if asked.page is not None:
        asked.page.write_text(page(report, asked.language, utc_now()), "utf-8")
    return int(report.result)


def _check(asked: argparse.Namespace) -> int:
    try:
        found = check_proof(asked.body.read_bytes(), _text(asked.proof), _keys(asked.key))
    except BadProof as problem:
        sys.stderr.write(f"FAIL: {problem}\n")
        return int(Result.FAIL)
    sys.stdout.write(f"PASS: in {found.origin} of {found.size} leaves\n")
    return int(Result.PASS)


def _parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="wardgrid-verifier", allow_abbrev=False,
        description="Judges what a ledger shows, offline, with public keys alone."
        " Ends with 0 PASS, 1 FAIL, 2 INCOMPLETE.",
    )  # fmt: skip
    parts = whole.add_subparsers(required=True, metavar="verify|verify-segments|check-proof")
    export = parts.add_parser("verify", help="Judge an export.", allow_abbrev=False)
    export.add_argument("export", type=Path, help="Folder of the export.")
    _add_key(export)
    _add_kept(export)
    export.add_argument("--witness", action="append", default=[],
                        help="Key of a witness, or a file that holds it.")  # fmt: skip
    export.add_argument("--quorum", type=int, default=0,
                        help="So many must have cosigned each kept checkpoint.")  # fmt: skip
    _add_telling(export)
    export.set_defaults(run=_verify)
    segments = parts.add_parser("verify-segments", help="Judge one segment, or several that follow"
                                " each other.", allow_abbrev=False)  # fmt: skip
    segments.add_argument("segments", type=Path, nargs="+", help="Their folders, in order.")
    _add_key(segments)
    _add_kept(segments)
    _add_telling(segments)
    segments.set_defaults(run=_segments)
    entry = parts.add_parser("check-proof", help="Check one entry.", allow_abbrev=False)
    entry.add_argument("body", type=Path, help="The entry.")
    entry.add_argument("proof", type=Path, help="Its proof.")
    _add_key(entry)
    entry.set_defaults(run=_check)
    return whole


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", action="append", default=[],
                        help="Public key, or a file that holds it.")  # fmt: skip


def _add_kept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--previous", type=Path, action="append", default=[],
                        help="A signed checkpoint that was kept elsewhere.")  # fmt: skip


def _add_telling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="Print one line of JSON.")
    parser.add_argument("--page", type=Path, help="Write a page (HTML) to read and keep.")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="Of the page.")


def _keys(given: Sequence[str]) -> list[str]:
    return [_text(Path(text)).strip() if Path(text).is_file() else text for text in given]


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")
