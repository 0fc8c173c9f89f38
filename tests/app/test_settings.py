"""Settings come from three places in order, have no default secret, and production is strict."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import FILE_NAME, Profile, Settings, UnsafeSettings, load

SAFE = {"log_origin": "beds.example.org/log"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "ward"
    made.mkdir(mode=0o700)
    monkeypatch.delenv("WARDGRID_DATA_FOLDER", raising=False)
    return made


def test_arguments_come_before_variables_and_variables_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE_NAME).write_text('port = 1\nhost = "127.0.0.2"\nlog_level = "error"\n')
    monkeypatch.setenv("WARDGRID_PORT", "2")
    monkeypatch.setenv("WARDGRID_HOST", "127.0.0.3")
    settings = load(folder, port=3)
    assert (settings.port, settings.host, settings.log_level) == (3, "127.0.0.3", "error")


def test_the_folder_may_be_named_by_a_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE_NAME).write_text("port = 7\n")
    monkeypatch.setenv("WARDGRID_DATA_FOLDER", str(folder))
    assert load().port == 7


def test_an_unknown_setting_is_refused(folder: Path) -> None:
    (folder / FILE_NAME).write_text("prot = 8080\n")
    with pytest.raises(ValidationError, match="prot"):
        load(folder)


def test_no_secret_has_a_default(folder: Path) -> None:
    settings = load(folder)
    assert (settings.metrics_token, settings.database_url) == (None, None)
    assert settings.database == f"sqlite:///{folder / 'wardgrid.db'}"
    assert settings.profile is Profile.PRODUCTION


def test_secrets_do_not_print(folder: Path) -> None:
    settings = load(
        folder, metrics_token="t" * 32, database_url="postgresql+psycopg://u:pw12345@db/w"
    )
    assert "tttt" not in repr(settings)
    assert "pw12345" not in repr(settings)


def test_origins_are_split_at_commas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDGRID_ORIGINS", "https://a.example,https://b.example")
    assert load(folder).origins == ("https://a.example", "https://b.example")


def test_a_named_local_installation_is_safe(folder: Path) -> None:
    load(folder, **SAFE).require_safe()


WEAK = [
    ({"log_origin": "wardgrid.localhost/log"}, "log_origin has no name"),
    ({"host": "0.0.0.0"}, "reachable from outside without TLS"),
    ({"host": "beds.example.org"}, "reachable from outside without TLS"),
    ({"tls_key": Path("k.pem")}, "tls_certificate and tls_key belong together"),
    ({"origins": "http://screens.example"}, "is not https"),
    ({"daily_note_to": "a@example.org"}, "daily_note_to needs"),
    ({"metrics_token": "short"}, "metrics_token is shorter than 32"),
    ({"database_url": "sqlite://"}, "in memory only"),
    (
        {"database_url": "postgresql+psycopg://u:long-enough-password@db.example/w"},
        "without sslmode=verify-full",
    ),
    (
        {"database_url": "postgresql+psycopg://u:short@db.example/w?sslmode=verify-full"},
        "the password in database_url is shorter than 16",
    ),
]


@pytest.mark.parametrize(("given", "reason"), WEAK, ids=[reason for _, reason in WEAK])
def test_production_refuses_what_development_allows(
    folder: Path, given: dict[str, object], reason: str
) -> None:
    with pytest.raises(UnsafeSettings, match=reason):
        load(folder, **{**SAFE, **given}).require_safe()
    load(folder, **{**SAFE, **given, "profile": Profile.DEVELOPMENT}).require_safe()


SOUND = [
    {"host": "0.0.0.0", "behind_proxy": True},
    {"host": "localhost"},
    {"origins": "http://127.0.0.1:8080,https://screens.example"},
    {"database_url": "postgresql+psycopg://u@/w?host=/var/run/postgresql"},
    {"database_url": "postgresql+psycopg://u:long-enough-password@db/w?sslmode=verify-full"},
]


@pytest.mark.parametrize("given", SOUND, ids=str)
def test_production_takes_what_is_sound(folder: Path, given: dict[str, object]) -> None:
    load(folder, **{**SAFE, **given}).require_safe()


@pytest.mark.parametrize("name", ["", FILE_NAME, "keys"])
def test_production_refuses_what_others_can_read(folder: Path, name: str) -> None:
    (folder / FILE_NAME).touch(mode=0o600)
    (folder / "keys").mkdir(mode=0o700)
    (folder / name).chmod(0o755)
    with pytest.raises(UnsafeSettings, match="is open to other users"):
        load(folder, **SAFE).require_safe()


def test_settings_cannot_be_changed(folder: Path) -> None:
    settings = Settings(data_folder=folder)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc] # the point of the test
