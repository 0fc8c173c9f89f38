"""What the production profile refuses of the settings for notices, and what is off by default."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import Profile, UnsafeSettings, load
from domain.notices.words import Channel
from gateways.notice_channels import relay_of, senders_of
from kit.clock import utc_now

RELAY = {"smtp_host": "relay.example.org", "smtp_from": "wardgrid@example.org"}
UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"notice_targets_inside": ("127.0.0.1:8080",)}, "tests only"),
    ({"notice_channels": ("pigeon",)}, "not pigeon"),
    ({"smtp_host": "relay.example.org"}, "needs smtp_from"),
    ({**RELAY, "smtp_tls": "none"}, "without TLS"),
    ({**RELAY, "smtp_username": "u"}, "belong together"),
    ({"dead_man_url": "http://dead.example.org/"}, "not https"),
]
SOUND: list[dict[str, Any]] = [
    RELAY, {**RELAY, "smtp_tls": "tls", "smtp_username": "u", "smtp_password": "p"},
    {**RELAY, "smtp_host": "127.0.0.1", "smtp_tls": "none"},
    {"notice_channels": "webhook,wecom,dingtalk,feishu"},
    {"dead_man_url": "https://dead.example.org/x"},
]  # fmt: skip


@pytest.mark.parametrize(("given", "why"), UNSAFE, ids=str)
def test_production_refuses(tmp_path: Path, given: dict[str, Any], why: str) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(UnsafeSettings, match=why):
        load(tmp_path, log_origin="beds.example.org/log", **given).require_safe()
    load(tmp_path, profile=Profile.DEVELOPMENT, **given).require_safe()


@pytest.mark.parametrize("given", SOUND, ids=str)
def test_production_takes(tmp_path: Path, given: dict[str, Any]) -> None:
    tmp_path.chmod(0o700)
    load(tmp_path, log_origin="beds.example.org/log", **given).require_safe()


def test_everything_is_off_by_default_and_on_by_name(tmp_path: Path) -> None:
    assert senders_of(load(tmp_path), utc_now) == {}
    assert relay_of(load(tmp_path, smtp_host="relay.example.org")) is None
    on = load(tmp_path, **RELAY, notice_channels="webhook,feishu")
    assert set(senders_of(on, utc_now)) == {Channel.EMAIL, Channel.WEBHOOK, Channel.FEISHU}


def test_secrets_of_the_settings_never_print(tmp_path: Path) -> None:
    settings = load(tmp_path, **RELAY, smtp_username="u", smtp_password="canary",
                    dead_man_url="https://dead.example.org/canary")  # fmt: skip
    assert "canary" not in repr(settings)
    assert "canary" not in repr(relay_of(settings))
