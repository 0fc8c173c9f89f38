"""Witnesses: who cosigns, who does not, and what a split or shortened log meets."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.witnessing import Witnessing, witnesses_of
from audit import log_rows
from audit.checkpoint import BadNote, Checkpoint, open_checkpoint
from audit.cosignature import WitnessKey, witnessed_by
from audit.cosigner import Cosigner
from audit.report import Result
from audit.signer import Signer
from audit.tiles import Tiles
from audit.tree import consistency_proof
from audit.verify import verify
from audit.witness import MOST_BYTES, Witness, request
from kit.db import reading
from tests.audit.forgery import cut
from tests.audit.ledgers import LOG, SIGNER, Ledger
from tests.audit.serving import served

KEYS = [SIGNER.verifier.text]
COSIGNER = Cosigner("office.example/witness", bytes(range(64, 96)))
OTHER = Cosigner("north.example/witness", bytes(range(96, 128)))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return made(tmp_path / "office", COSIGNER)


def made(folder: Path, cosigner: Cosigner) -> Witness:
    folder.mkdir(exist_ok=True)
    return Witness(folder, cosigner, {LOG: [SIGNER.verifier]})


def proof(ledger: Ledger, old: int, new: int) -> list[bytes]:
    with reading(ledger.engine) as session:
        tiles = Tiles(lambda *place: log_rows.stored_hashes(session.connection(), *place))
        return consistency_proof(old, new, tiles.node)


def ask(witness: Witness, ledger: Ledger, old: int, note: str | None = None) -> tuple[int, str]:
    note = note or ledger.sequencer.checkpoint
    size = open_checkpoint(note, [SIGNER.verifier]).size
    steps = proof(ledger, old, size) if old <= size else []
    reply = witness.add_checkpoint(request(old, steps, note), 1_800_000_000)
    return reply.status, reply.body


def test_a_log_that_grows_is_cosigned_each_time(ledger: Ledger, witness: Witness) -> None:
    old = 0
    for grown in (1, 3, 4):
        ledger.fill(grown)
        note = ledger.sequencer.checkpoint
        status, line = ask(witness, ledger, old)
        assert status == 200
        assert COSIGNER.public.seen_at(note + line) == 1_800_000_000
        assert open_checkpoint(note + line, [SIGNER.verifier]).size == old + grown
        old += grown
    assert ask(witness, ledger, old)[0] == 200  # the same once more
    ledger.fill(1)
    assert ask(witness, ledger, 3) == (409, "8\n")
    assert ask(made(witness._folder, COSIGNER), ledger, old)[0] == 200  # the next process knows


def test_another_history_is_not_cosigned(
    sqlite_ledger: Ledger, witness: Witness, tmp_path: Path
) -> None:
    sqlite_ledger.fill(5)
    assert ask(witness, sqlite_ledger, 0)[0] == 200
    for size, root in ((5, bytes(32)), (4, bytes(32))):
        split = SIGNER.sign(Checkpoint(LOG, size, root))
        assert witness.add_checkpoint(request(size, [], split), 1).status == 409
    longer = SIGNER.sign(Checkpoint(LOG, 9, bytes(32)))
    assert witness.add_checkpoint(request(5, [bytes(32)] * 3, longer), 1).status == 422
    sqlite_ledger.fill(1)
    assert ask(witness, sqlite_ledger, 5)[0] == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda body: body.replace(b"old 0", b"old 00"), 400),
        (lambda body: body.replace(b"old 0", b"old x"), 400),
        (lambda body: body.replace(b"old 0", b"old 7"), 400),
        (lambda body: body[: len(body) // 2], 400),
        (lambda _: b"", 400),
        (lambda _: b"x" * (MOST_BYTES + 1), 400),
        (lambda body: body.replace(LOG.encode(), b"other.example/log"), 404),
        (lambda body: body.replace(b"\n2\n", b"\n3\n"), 403),
    ],
)
def test_what_is_no_sound_request_is_refused(
    sqlite_ledger: Ledger, witness: Witness, change: Callable[[bytes], bytes], status: int
) -> None:
    sqlite_ledger.fill(2)
    body = request(0, [], sqlite_ledger.sequencer.checkpoint)
    assert witness.add_checkpoint(change(body), 1).status == status
    assert witness.add_checkpoint(body, 1).status == 200


def test_a_restored_log_begins_anew_once_the_keeper_forgets_it(
    sqlite_ledger: Ledger, witness: Witness
) -> None:
    sqlite_ledger.fill(5)
    assert ask(witness, sqlite_ledger, 0)[0] == 200
    assert ask(witness, sqlite_ledger, 0) == (409, "5\n")
    assert witness.forget(LOG) == 5
    assert ask(witness, sqlite_ledger, 0)[0] == 200


def test_many_at_once_are_cosigned_one_after_the_other(
    sqlite_ledger: Ledger, witness: Witness
) -> None:
    sqlite_ledger.fill(3)
    body = request(0, [], sqlite_ledger.sequencer.checkpoint)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(witness.add_checkpoint(body, 1).status))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [409] * 11


def test_a_cosignature_is_bound_to_its_note_name_and_time(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.fill(2)
    note = sqlite_ledger.sequencer.checkpoint
    text = open_checkpoint(note, [SIGNER.verifier]).text()
    line = COSIGNER.cosign(text, 7)
    key = WitnessKey.parse(COSIGNER.public.text)
    assert key.seen_at(note + line) == 7
    assert key.seen_at(note) is None
    assert OTHER.public.seen_at(note + line) is None
    for odd in (COSIGNER.cosign(text + "x\n", 7), line.replace("— ", "— ")[:-6] + "AAAA=\n"):
        with pytest.raises(BadNote):
            key.seen_at(note + odd)
    for text in ("", "a+b+c", SIGNER.verifier.text, COSIGNER.public.text + "A"):
        with pytest.raises(BadNote):
            WitnessKey.parse(text)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[str]:
    """A witness as its own process."""
    with served(tmp_path / "office", COSIGNER.public.name, SIGNER.verifier.text) as (url, key):
        yield f"{url} {key}"


@pytest.fixture
def north(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "north", OTHER.public.name, SIGNER.verifier.text) as (url, key):
        yield f"{url} {key}"


def witnessing(ledger: Ledger, folder: Path, *named: str, quorum: int = 1) -> Witnessing:
    return Witnessing(ledger.engine, witnesses_of(named), quorum, folder / "ledger.witnessed", 10.0,
                      ledger.witness_alarms.append)  # fmt: skip


def test_two_witnesses_cosign_over_the_network_and_a_verifier_asks_for_both(
    sqlite_ledger: Ledger, tmp_path: Path, office: str, north: str
) -> None:
    sqlite_ledger.fill(3)
    asking = witnessing(sqlite_ledger, tmp_path, office, north, quorum=2)
    assert asking.look()
    early = asking.file.read_text()
    sqlite_ledger.fill(300)
    assert asking.look()
    late = asking.file.read_text()
    keys = [WitnessKey.parse(named.split(" ")[1]) for named in (office, north)]
    assert len(witnessed_by(late, keys)) == 2
    export = sqlite_ledger.export()
    texts = [key.text for key in keys]
    assert verify(export, KEYS, [early, late], witnesses=texts, quorum=2).result is Result.PASS
    short = verify(export, KEYS, [sqlite_ledger.sequencer.checkpoint], witnesses=texts, quorum=2)
    assert [finding.code for finding in short.findings] == ["quorum"]
    assert verify(export, KEYS, [], witnesses=texts, quorum=1).result is Result.FAIL
    one = verify(export, KEYS, [late], witnesses=texts[:1], quorum=2)
    assert [finding.code for finding in one.findings] == ["quorum"]
    assert sqlite_ledger.witness_alarms == []


def test_a_witness_that_is_away_counts_as_none(
    sqlite_ledger: Ledger, tmp_path: Path, office: str
) -> None:
    away = f"http://127.0.0.1:9 {OTHER.public.text}"
    sqlite_ledger.fill(2)
    assert not witnessing(sqlite_ledger, tmp_path, office, away, quorum=2).look()
    assert not (tmp_path / "ledger.witnessed").exists()
    assert witnessing(sqlite_ledger, tmp_path, office, away, quorum=1).look()


def test_a_log_that_was_cut_is_told_by_its_witness(
    sqlite_ledger: Ledger, tmp_path: Path, office: str
) -> None:
    sqlite_ledger.fill(6)
    assert witnessing(sqlite_ledger, tmp_path, office).look()
    sqlite_ledger.attack(lambda connection: cut(connection, 4))
    assert not witnessing(sqlite_ledger, tmp_path, office).look()
    assert sqlite_ledger.witness_alarms == [
        "witness: office.example/witness knows a longer log than this one"
    ]


def test_a_log_of_another_key_is_not_cosigned(sqlite_ledger: Ledger, witness: Witness) -> None:
    sqlite_ledger.fill(1)
    stranger = Signer(LOG, bytes(32)).sign(Checkpoint(LOG, 1, bytes(32)))
    assert witness.add_checkpoint(request(0, [], stranger), 1).status == 403
