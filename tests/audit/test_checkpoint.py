"""Signed notes: fixed bytes, and everything that is not exactly one."""

import base64

import pytest

from audit.checkpoint import BadNote, Checkpoint, Verifier, open_checkpoint, read_unchecked
from audit.signer import Signer

NAME = "hospital.example/ledger"
SIGNER = Signer(NAME, bytes(range(32)))
KEYS = [SIGNER.verifier]
HEAD = Checkpoint(NAME, 7, bytes(range(32, 64)))
NOTE = SIGNER.sign(HEAD)


def test_the_bytes_of_a_note_and_of_a_key_never_change() -> None:
    assert SIGNER.verifier.text == (
        "hospital.example/ledger+3f802a45+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    )
    assert NOTE == (
        "hospital.example/ledger\n7\nICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n\n"
        "— hospital.example/ledger "
        "P4AqRYUMcyaTv67+tWFx6GbuSsW7n+KfR8BOvO5afjSjE06j"
        "6yKnUrBnOJPxiNp+bZtLgfcJ1aJwtdoch436c55kxQw=\n"
    )


def test_the_go_note_vector_is_accepted() -> None:
    """golang.org/x/mod/sumdb/note: the example of its documentation."""
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    verifier = Verifier.parse(key)
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    blob = base64.b64decode(line)
    assert blob[:4] == verifier.hash
    assert verifier.accepts(text, blob[4:])
    assert not verifier.accepts(text.upper(), blob[4:])


def test_a_note_opens_under_its_key() -> None:
    assert open_checkpoint(NOTE, KEYS) == HEAD
    assert read_unchecked(NOTE) == HEAD
    assert Signer.parse(SIGNER.secret_text()).sign(HEAD) == NOTE
    assert repr(SIGNER) == f"Signer({NAME}, ***)"


def test_extensions_and_foreign_signatures_are_carried() -> None:
    witness = Signer("witness.example/w", bytes(32))
    head = Checkpoint(NAME, 7, bytes(32), ("later 1",))
    note = SIGNER.sign(head) + witness.sign(head).rpartition("\n\n")[2]
    assert open_checkpoint(note, KEYS) == head
    assert open_checkpoint(note, [*KEYS, witness.verifier]) == head


OTHER = Signer(NAME, bytes(32))
FOREIGN = Signer("other.example/ledger", bytes(range(32)))


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(OTHER.sign(HEAD), id="another key under the same name"),
        pytest.param(NOTE.rpartition("— ")[0], id="stripped signature"),
        pytest.param(FOREIGN.sign(Checkpoint(FOREIGN.name, 7, HEAD.root)), id="foreign origin"),
        pytest.param(SIGNER.sign(Checkpoint(FOREIGN.name, 7, HEAD.root)), id="origin is not name"),
        pytest.param(NOTE.replace("\n7\n", "\n8\n"), id="other size"),
        pytest.param(NOTE.replace("ICEi", "ICEj"), id="other root"),
        pytest.param(NOTE + "\n", id="line after"),
        pytest.param(NOTE[:-1], id="no last newline"),
        pytest.param(NOTE.replace("—", "-"), id="hyphen for dash"),
        pytest.param(NOTE.replace("\n", "\r\n"), id="carriage returns"),
        pytest.param(" " + NOTE, id="blank before"),
        pytest.param("", id="empty"),
        pytest.param("\n\n", id="only newlines"),
        pytest.param("x" * 20_000, id="too long"),
    ],
)
def test_what_is_not_signed_by_the_known_key_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        open_checkpoint(note, KEYS)


@pytest.mark.parametrize("size", ["07", "+7", "-7", "7.0", "", "٧", "9" * 19, " 7"])
def test_a_malformed_size_is_refused_even_if_it_is_signed(size: str) -> None:
    text = f"{NAME}\n{size}\n{base64.b64encode(HEAD.root).decode()}\n"
    with pytest.raises(BadNote):
        open_checkpoint(signed(text), KEYS)


@pytest.mark.parametrize(
    "root",
    [
        "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9=",
        "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
        "ICEi IyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        "",
    ],
)
def test_a_malformed_root_is_refused_even_if_it_is_signed(root: str) -> None:
    with pytest.raises(BadNote):
        open_checkpoint(signed(f"{NAME}\n7\n{root}\n"), KEYS)


def test_signature_base64_has_one_form() -> None:
    assert NOTE.endswith("=\n")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = NOTE[-3] if NOTE[-3] != "=" else NOTE[-4]
    place = len(NOTE) - (3 if NOTE[-3] != "=" else 4)
    for twin in letters.replace(last, ""):
        with pytest.raises(BadNote):
            open_checkpoint(NOTE[:place] + twin + NOTE[place + 1 :], KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        SIGNER.verifier.text + "=",
        SIGNER.verifier.text.replace("+3f80", "+3F80"),
        SIGNER.verifier.text.replace("hospital", "hospitaI"),
        f"{NAME}+00000000+{base64.b64encode(bytes(33)).decode()}",
        "bad name+00000000+AA==",
    ],
)
def test_a_malformed_key_is_refused_and_never_shown(text: str) -> None:
    for parse in (Verifier.parse, Signer.parse, lambda t: Signer.parse(f"PRIVATE+KEY+{t}")):
        with pytest.raises(BadNote) as refused:
            parse(text)
        assert "AQOh" not in str(refused.value)


def signed(text: str) -> str:
    signature = SIGNER._key.sign(text.encode())
    line = base64.b64encode(SIGNER.verifier.hash + signature).decode()
    return f"{text}\n— {NAME} {line}\n"
