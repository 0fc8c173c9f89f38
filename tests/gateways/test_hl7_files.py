"""Files and folders → messages."""

from pathlib import Path

import pytest

from gateways.hl7_files import found, pieces
from gateways.hl7_reading import MESSAGE_LIMIT
from kit.errors import NotFound
from tests.gateways.messages import message, pid

ONE, TWO = message("ADT^A01", pid("P1"), control="1"), message("ADT^A02", pid("P2"), control="2")


def bodies(path: Path, content: bytes) -> list[bytes]:
    path.write_bytes(content)
    return [piece.body for piece in pieces(path)]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\n\r\n"])
def test_all_line_ends_give_the_same_messages(tmp_path: Path, end: str) -> None:
    content = (ONE + "\r" + TWO + "\r").replace("\r", end).encode()
    assert bodies(tmp_path / "a.hl7", content) == [ONE.encode(), TWO.encode()]


def test_batch_envelopes_and_frames_are_taken_off(tmp_path: Path) -> None:
    batch = f"FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r{ONE}\r{TWO}\rBTS|2\rFTS|1\r"
    assert bodies(tmp_path / "a.hl7", batch.encode()) == [ONE.encode(), TWO.encode()]
    framed = f"\x0b{ONE}\r\x1c\r\x0b{TWO}\r\x1c\r"
    assert bodies(tmp_path / "b.hl7", framed.encode()) == [ONE.encode(), TWO.encode()]
    marked = "\ufeff" + ONE
    assert bodies(tmp_path / "c.hl7", marked.encode()) == [ONE.encode()]


def test_foreign_bytes_pass_unharmed(tmp_path: Path) -> None:
    text = message("ADT^A01", pid(name="李^娜"), charset="GB18030").encode("gb18030")
    assert bodies(tmp_path / "a.hl7", text) == [text]


def test_text_before_the_first_header_is_a_piece_of_its_own(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.hl7", b"PID|lost\r" + ONE.encode()) == [b"PID|lost", ONE.encode()]


def test_an_oversized_message_is_cut_just_over_the_limit(tmp_path: Path) -> None:
    huge = ONE + "\rNTE|" + "x" * (MESSAGE_LIMIT * 2) + "\rNTE|tail\r" + TWO
    first, second = bodies(tmp_path / "a.hl7", huge.encode())
    assert (len(first), second) == (MESSAGE_LIMIT + 1, TWO.encode())


def test_folders_are_walked_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.hl7", "b/1.HL7", "c.txt", "PROVENANCE.md"):
        (tmp_path / name).write_bytes(ONE.encode())
    got = [str(path.relative_to(tmp_path)) for path in found([tmp_path])]
    assert got == ["b/1.HL7", "b/2.hl7", "c.txt"]
    assert found([tmp_path / "PROVENANCE.md"]) == [tmp_path / "PROVENANCE.md"]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        found([tmp_path / "nowhere"])


def test_pieces_are_numbered_in_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.hl7"
    path.write_bytes(f"{ONE}\r{TWO}".encode())
    assert [(piece.number, piece.path) for piece in pieces(path)] == [(1, path), (2, path)]
