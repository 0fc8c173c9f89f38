"""KEKs in Vault: wrapped there, kept in memory, and clear words where it is away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.key_settings import keys_of
from app.settings import Profile, Settings, UnsafeSettings, load
from app.vault_transit import VaultTransit, token_in
from audit.keys import KeyKind, Keys, KeyTrouble, add_key, init_keys, load_keys
from audit.seal import FieldVault
from audit.subjects import SubjectKey, unwrap, wrapped_key
from kit.db import open_engine
from kit.errors import Retry
from kit.sealed import SealBroken, Sealed, SealedPlace
from tests.keys.transit import TOKEN, Transit, transit_server

PLACE = SealedPlace(UUID(int=1), "patient", "name", UUID(int=2), UUID(int=3))
OTHER = replace(PLACE, row=UUID(int=4), subject=UUID(int=5))


@pytest.fixture
def transit() -> Iterator[Transit]:
    with transit_server() as transit:
        yield transit


@pytest.fixture
def settings(transit: Transit, tmp_path: Path) -> Settings:
    folder = tmp_path / "house"
    folder.mkdir(mode=0o700)
    init_keys(folder / "keys")
    token = folder / "vault.token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    return load(
        folder, key_provider="vault", vault_url=transit.url, vault_token_file=token,
        vault_timeout_s=1, profile=Profile.DEVELOPMENT,
    )  # fmt: skip


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    opened = open_engine(sqlite_url, guarded=False)
    yield opened
    opened.dispose()


def sealed(engine: Engine, keys: Keys, *places: SealedPlace) -> list[Sealed]:
    vault = FieldVault(keys)
    with Session(engine) as session, session.begin():
        bound = vault.bind(session)
        return [bound.seal("王小明", place) for place in places]


def opened(engine: Engine, vault: FieldVault, sealed: Sealed, place: SealedPlace = PLACE) -> str:
    with Session(engine) as session:
        return vault.bind(session).open(sealed, place)


def kek_of(keys: Keys) -> VaultTransit:
    assert isinstance(keys.kek, VaultTransit)
    keys.kek.ticks = lambda: 0.0  # no pause runs out by itself
    return keys.kek


def test_vault_is_asked_once_per_person_and_not_per_field(
    transit: Transit, settings: Settings, engine: Engine
) -> None:
    keys = keys_of(settings)
    fields = sealed(engine, keys, PLACE, OTHER, PLACE, OTHER)
    assert transit.asked == [("encrypt", 1), ("encrypt", 1)]  # a key each
    transit.asked.clear()

    fresh = keys_of(settings)
    vault = FieldVault(fresh, keep_s=0)  # every field asks for its key again
    with Session(engine) as session:
        vault.load(session, [PLACE.subject, OTHER.subject])
    for each, place in zip(fields, (PLACE, OTHER, PLACE, OTHER), strict=True):
        assert opened(engine, vault, each, place) == "王小明"

    assert transit.asked == [("decrypt", 2)]
    with Session(engine) as session:
        rows = session.exec(select(SubjectKey)).all()
    assert {(row.kek_version, row.wrapped[:9]) for row in rows} == {(1, b"vault:v1:")}


def test_while_vault_is_away_known_keys_open_and_others_say_why(
    transit: Transit, settings: Settings, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    keys = keys_of(settings)
    mine, other = sealed(engine, keys, PLACE, OTHER)
    keys = keys_of(settings)
    kek, vault = kek_of(keys), FieldVault(keys, keep_s=0)
    assert opened(engine, vault, mine) == "王小明"
    assert keys.kek.answers()

    def refuses() -> None:
        kek._away_until = -1.0
        assert opened(engine, vault, mine) == "王小明"
        with pytest.raises(Retry, match="key service") as away:
            opened(engine, vault, other, OTHER)
        assert away.value.reason == "KEYS_AWAY"
        with Session(engine) as session:
            vault.load(session, [PLACE.subject, OTHER.subject])  # one by one says it
        kek._away_until = -1.0
        kek._answered = None
        assert not kek.answers()

    for fault in ({"sealed": True}, {"token": "revoked"}, {"namespace": "ward"}, {"mute": True}):
        before = {name: getattr(transit, name) for name in fault}
        for name, value in fault.items():
            setattr(transit, name, value)
        refuses()
        asked = len(transit.asked)
        with pytest.raises(Retry):
            opened(engine, vault, other, OTHER)  # within the pause: nobody is asked
        assert len(transit.asked) == asked
        for name, value in before.items():
            setattr(transit, name, value)
    kek._away_until = -1.0
    assert opened(engine, vault, other, OTHER) == "王小明"
    told = caplog.text
    assert "key service failed" in told
    assert TOKEN not in told


def test_a_wrapped_key_that_was_moved_or_altered_does_not_open(
    settings: Settings, engine: Engine
) -> None:
    keys = keys_of(settings)
    sealed(engine, keys, PLACE, OTHER)
    with Session(engine) as session:
        mine, other = session.exec(select(SubjectKey).order_by(SubjectKey.id)).all()  # type: ignore[arg-type]  # a column
        mine.wrapped, other.wrapped = other.wrapped, mine.wrapped
        for row in (mine, other):
            with pytest.raises(SealBroken, match=str(row.id)):
                unwrap(keys, row)
        other.wrapped = other.wrapped[:-8]
        with pytest.raises(SealBroken):
            unwrap(keys, other)


def test_a_key_moves_to_a_newer_version_without_leaving_vault(
    transit: Transit, settings: Settings, engine: Engine
) -> None:
    keys = keys_of(settings)
    sealed(engine, keys, PLACE)
    transit.rotate()
    with Session(engine) as session:
        row = session.exec(select(SubjectKey)).one()
    old = wrapped_key(row)
    newest = keys.kek.newest()
    transit.asked.clear()

    new = keys.kek.rewrap(old)

    assert newest == 2
    assert new is not None
    assert new.blob.startswith(b"vault:v2:")
    assert transit.asked == [("rewrap", 1)]
    assert [keys.kek.current(one, newest) for one in (old, new)] == [False, True]
    assert keys.kek.unwrap([old, new])[0] == keys.kek.unwrap([new])[0]
    transit.least = 2
    assert keys_of(settings).kek.unwrap([old, new])[0] is None


def test_a_house_moves_from_files_to_vault(settings: Settings, engine: Engine) -> None:
    on_disk = load_keys(settings.key_folder)
    (field,) = sealed(engine, on_disk, PLACE)
    keys = keys_of(settings)
    assert opened(engine, FieldVault(keys), field) == "王小明"
    with Session(engine) as session, session.begin():
        row = session.exec(select(SubjectKey)).one()
        assert not keys.kek.current(wrapped_key(row), 1)
        moved = keys.kek.rewrap(wrapped_key(row))
        assert moved is not None
        row.kek_version, row.wrapped = moved.version, moved.blob
    (settings.key_folder / "kek-1.key").unlink()
    bare = keys_of(settings)
    assert bare.versions(KeyKind.KEK) == ()
    assert opened(engine, FieldVault(bare), field) == "王小明"
    with pytest.raises(KeyTrouble, match="no kek key"):
        load_keys(settings.key_folder)


def test_a_token_file_is_refused_where_others_read_it(settings: Settings) -> None:
    file = settings.vault_token_file
    assert file is not None
    assert token_in(file) == TOKEN
    file.chmod(0o640)
    with pytest.raises(KeyTrouble, match="open to others"):
        keys_of(settings).kek.newest()
    file.chmod(0o600)
    file.write_text("")
    with pytest.raises(KeyTrouble, match="holds no secret"):
        token_in(file)
    file.unlink()
    with pytest.raises(KeyTrouble, match="cannot be opened"):
        token_in(file)


def test_the_namespace_goes_along_where_one_is_set(transit: Transit, settings: Settings) -> None:
    transit.namespace = "hospital/north"
    assert not keys_of(settings).kek.answers()
    named = settings.model_copy(update={"vault_namespace": "hospital/north"})
    assert keys_of(named).kek.newest() == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"key_provider": "vault"}, "needs vault_url"),
        ({"key_provider": "vault", "vault_url": "http://vault.example.org:8200",
          "vault_token_file": Path("token")}, "without TLS"),
        ({"key_provider": "environment", "key_secret": "x" * 40}, "for development"),
    ],
)  # fmt: skip
def test_production_refuses_an_open_or_half_made_provider(
    given: dict[str, object], why: str, tmp_path: Path
) -> None:
    house = load(tmp_path, **given)
    with pytest.raises(UnsafeSettings, match=why):
        house.require_safe()
    if house.key_provider == "vault":  # in no profile is a token sent in clear
        with pytest.raises(KeyTrouble, match=why):
            keys_of(house)
    assert "x" * 40 not in repr(house)


def test_development_takes_its_keys_from_one_text(tmp_path: Path) -> None:
    house = load(tmp_path, key_provider="environment", key_secret="x" * 40)
    assert keys_of(house).secret(KeyKind.KEK) == keys_of(house).secret(KeyKind.KEK)
    with pytest.raises(KeyTrouble, match="WARDGRID_KEY_SECRET"):
        keys_of(load(tmp_path, key_provider="environment"))


def test_a_version_that_was_added_is_found_without_a_restart(tmp_path: Path) -> None:
    init_keys(tmp_path / "keys")
    running = load_keys(tmp_path / "keys")
    add_key(tmp_path / "keys", KeyKind.KEK, 2)
    assert running.newest(KeyKind.KEK) == 1
    assert running.secret(KeyKind.KEK, 2) != running.secret(KeyKind.KEK, 1)
    assert running.newest(KeyKind.KEK) == 2
