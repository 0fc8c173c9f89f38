"""Sealed fields: bound to their place, unreadable elsewhere, never printed."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, col, delete, select

from audit.keys import KeyKind, Keys, development_keys
from audit.seal import FieldVault
from audit.subjects import SubjectKey, blind_key_fits, make_subject_key
from kit.blind import folded
from kit.sealed import SealBroken, Sealed, SealedPlace

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = "王小明 canary-7f3a"
PLACE = SealedPlace(UUID(int=1), "patient", "name", UUID(int=2), UUID(int=3))
KEYS = development_keys("a development secret of enough bytes")


@pytest.fixture
def vault() -> FieldVault:
    return FieldVault(KEYS, lambda: NOON)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session, session.begin():
        yield session


def sealed_once(vault: FieldVault, engine: Engine, text: str = CANARY) -> Sealed:
    with writing(engine) as session:
        return vault.bind(session).seal(text, PLACE)


def test_a_field_opens_where_it_was_sealed(vault: FieldVault, bare_engine: Engine) -> None:
    sealed = sealed_once(vault, bare_engine)

    with Session(bare_engine) as session:
        assert vault.bind(session).open(sealed, PLACE) == CANARY
        keys = session.exec(select(SubjectKey)).all()
    assert [(key.subject, key.generation, key.kek_version) for key in keys] == [(UUID(int=3), 1, 1)]
    assert CANARY.encode() not in sealed.ciphertext


@pytest.mark.parametrize(
    "moved",
    [
        replace(PLACE, tenant=UUID(int=9)),
        replace(PLACE, table="person"),
        replace(PLACE, column="phone"),
        replace(PLACE, row=UUID(int=9)),
        replace(PLACE, subject=UUID(int=9)),
        replace(PLACE, table="patientn", column="ame"),
    ],
)
def test_a_moved_field_does_not_open(
    moved: SealedPlace, vault: FieldVault, bare_engine: Engine
) -> None:
    sealed = sealed_once(vault, bare_engine)

    with Session(bare_engine) as session, pytest.raises(SealBroken):
        vault.bind(session).open(sealed, moved)


def test_no_flipped_bit_and_no_shortened_field_opens(
    vault: FieldVault, bare_engine: Engine
) -> None:
    raw = sealed_once(vault, bare_engine).ciphertext
    with Session(bare_engine) as session:
        bound = vault.bind(session)
        assert bound.open(Sealed(raw), PLACE) == CANARY
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SealBroken):
                bound.open(Sealed(bytes(flipped)), PLACE)
        for length in range(len(raw)):
            with pytest.raises(SealBroken):
                bound.open(Sealed(raw[:length]), PLACE)


def test_two_seals_of_one_text_differ(vault: FieldVault, bare_engine: Engine) -> None:
    with writing(bare_engine) as session:
        bound = vault.bind(session)
        assert bound.seal(CANARY, PLACE) != bound.seal(CANARY, PLACE)


def test_a_key_that_was_rolled_back_seals_nothing_later(
    vault: FieldVault, bare_engine: Engine
) -> None:
    with Session(bare_engine) as session:
        lost = vault.bind(session).seal(CANARY, PLACE)
        session.flush()
        vault.bind(session).open(lost, PLACE)
        session.rollback()

    kept = sealed_once(vault, bare_engine)

    with Session(bare_engine) as session:
        assert FieldVault(KEYS).bind(session).open(kept, PLACE) == CANARY
        with pytest.raises(SealBroken, match="gone"):
            FieldVault(KEYS).bind(session).open(lost, PLACE)


def test_a_destroyed_key_leaves_memory_in_time_or_when_told(bare_engine: Engine) -> None:
    ticks = [0.0]
    told, waiting = (FieldVault(KEYS, keep_s=60, ticks=lambda: ticks[0]) for _ in range(2))
    sealed = sealed_once(told, bare_engine)
    with writing(bare_engine) as session:
        assert told.bind(session).open(sealed, PLACE) == CANARY
        assert waiting.bind(session).open(sealed, PLACE) == CANARY
        session.exec(delete(SubjectKey).where(col(SubjectKey.subject) == PLACE.subject))

    told.forget(PLACE.subject)

    with Session(bare_engine) as session:
        with pytest.raises(SealBroken, match="gone"):
            told.bind(session).open(sealed, PLACE)
        ticks[0] = 60.0
        with pytest.raises(SealBroken, match="gone"):
            waiting.bind(session).open(sealed, PLACE)


def test_an_older_kek_still_opens_and_the_newest_wraps(bare_engine: Engine) -> None:
    old = sealed_once(FieldVault(KEYS), bare_engine)
    held = {(kind, 1): KEYS.secret(kind) for kind in KeyKind}
    rotated = Keys(held | {(KeyKind.KEK, 2): bytes(range(32))})
    elsewhere = replace(PLACE, subject=UUID(int=4), row=UUID(int=4))

    with writing(bare_engine) as session:
        fresh = FieldVault(rotated).bind(session).seal("new", elsewhere)

    assert old.ciphertext[:4] == bytes((1, 1, 0, 1))
    assert fresh.ciphertext[:4] == bytes((1, 1, 0, 2))
    with Session(bare_engine) as session:
        bound = FieldVault(rotated).bind(session)
        assert [bound.open(old, PLACE), bound.open(fresh, elsewhere)] == [CANARY, "new"]


def test_a_newer_generation_seals_and_the_older_still_opens(bare_engine: Engine) -> None:
    vault = FieldVault(KEYS, lambda: NOON)
    old = sealed_once(vault, bare_engine)
    with writing(bare_engine) as session:
        second = make_subject_key(KEYS, PLACE.subject, NOON, generation=2, blind=1)
        second_id = second.id.bytes
        session.add(second)
    new = sealed_once(vault, bare_engine)

    assert new.ciphertext[4:20] == second_id != old.ciphertext[4:20]
    with Session(bare_engine) as session:
        assert [vault.bind(session).open(s, PLACE) for s in (old, new)] == [CANARY, CANARY]


def test_a_wrong_kek_or_blind_key_is_noticed(bare_engine: Engine) -> None:
    sealed = sealed_once(FieldVault(KEYS), bare_engine)
    wrong = development_keys("another development secret, as long")

    with Session(bare_engine) as session:
        with pytest.raises(SealBroken, match="does not open"):
            FieldVault(wrong).bind(session).open(sealed, PLACE)
        row = session.exec(select(SubjectKey)).one()
        assert blind_key_fits(KEYS, row)
        assert not blind_key_fits(wrong, row)


def test_a_blind_index_is_equal_for_equal_texts_and_one_purpose(
    vault: FieldVault, bare_engine: Engine
) -> None:
    with Session(bare_engine) as session:
        bound = vault.bind(session)
        same = {bound.blind(t, "name").sought for t in ("Ｓtraße  9", "STRASSE 9", " strasse 9 ")}

        assert len(same) == 1
        assert {len(index) for index in same} == {16}
        assert bound.blind("strasse 9", "national").sought not in same
        assert bound.blind("strasse 8", "name").sought not in same
        assert folded("Ｓtraße  9") == "strasse 9"


def test_nothing_prints_or_pickles(
    vault: FieldVault, bare_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sealed = sealed_once(vault, bare_engine)
    with Session(bare_engine) as session:
        bound = vault.bind(session)
        bound.open(sealed, PLACE)
        for thing in (vault, bound, KEYS):
            assert repr(thing).endswith("(***)")
            with pytest.raises(TypeError):
                pickle.dumps(thing)
        with pytest.raises(SealBroken) as broken:
            bound.open(sealed, replace(PLACE, row=UUID(int=9)))

    assert (repr(sealed), f"{sealed}") == ("***", "***")
    assert CANARY.encode() not in pickle.dumps(sealed)
    assert "canary" not in caplog.text + str(broken.value)


def test_keys_of_many_people_are_fetched_with_one_statement(bare_engine: Engine) -> None:
    vault = FieldVault(KEYS, lambda: NOON)
    places = [replace(PLACE, subject=UUID(int=n), row=UUID(int=n)) for n in range(1, 4)]
    with writing(bare_engine) as session:
        bound = vault.bind(session)
        sealed = [bound.seal(f"person {place.row.int}", place) for place in places]
    statements: list[str] = []
    event.listen(
        bare_engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: statements.append(sql)
    )

    with Session(bare_engine) as session:
        vault.load(session, [place.subject for place in places])
        vault.load(session, [place.subject for place in places])
        bound = vault.bind(session)
        opened = [bound.open(s, p) for s, p in zip(sealed, places, strict=True)]

    assert opened == ["person 1", "person 2", "person 3"]
    assert sum("subject_key" in sql for sql in statements) == 1


def test_a_full_memory_forgets_the_oldest_and_asks_again(bare_engine: Engine) -> None:
    vault = FieldVault(KEYS, lambda: NOON, most=1)
    places = [replace(PLACE, subject=UUID(int=n), row=UUID(int=n)) for n in (1, 2)]
    with writing(bare_engine) as session:
        bound = vault.bind(session)
        sealed = [bound.seal("x", place) for place in places]

    with Session(bare_engine) as session:
        vault.load(session, [place.subject for place in places])
        vault.load(session, [UUID(int=9)])
        bound = vault.bind(session)
        assert [bound.open(s, p) for s, p in zip(sealed, places, strict=True)] == ["x", "x"]
