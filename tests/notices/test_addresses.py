"""Which addresses a contact may have."""

import pytest

from domain.notices.addresses import hint, require_secret, target
from domain.notices.words import Channel
from kit.errors import Invalid

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=t"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/t"
LARK = "https://open.larksuite.com/open-apis/bot/v2/hook/t"

GOOD = [
    (Channel.EMAIL, "ward@example.org"), (Channel.EMAIL, "a.b+c@mail.example.com.cn"),
    (Channel.WEBHOOK, "https://hooks.example.org/x?y=1"),
    (Channel.WEBHOOK, "https://hooks.example.org:8443/"), (Channel.WECOM, WECOM),
    (Channel.DINGTALK, DINGTALK), (Channel.FEISHU, FEISHU), (Channel.FEISHU, LARK),
]  # fmt: skip
INJECTED = [
    "ward@example.org\r\nBcc: x@example.org", "ward@example.org\nX: y", "ward@example.org\r",
    "ward@example.org\x00", "a@example.org,b@example.org", "a@example.org;b@example.org",
    "Ward <ward@example.org>", '"a\r\nb"@example.org', '"a b"@example.org', "a b@example.org",
    "(x)a@example.org", "a@exa\u2028mple.org", "a@[127.0.0.1]", "a@localhost", "a", "", "@",
    "a@b@example.org", "ａ@example.org", "a@example.org\u202e", ".a@example.org", "a..b@example.org",
    "a" * 65 + "@example.org", "a@" + "x" * 250 + ".org", "%0d%0aBcc@-example.org",
]  # fmt: skip
NO_URL = [
    "http://hooks.example.org/", "ftp://hooks.example.org/", "https://", "https:///x", "hooks",
    "https://user:pw@hooks.example.org/", "https://user@hooks.example.org/",
    "https://hooks.example.org/#x", "https://hooks.example.org/a b", "https://h.org:99999/",
    "https://hooks.example.org/\r\nX: y", "https://hooks.example.org/\x00", "javascript:alert(1)",
    "https://[::1/", "https://h.org/" + "x" * 1000, "file:///etc/passwd", "https://ｈ.org/",
]  # fmt: skip


@pytest.mark.parametrize(("channel", "address"), GOOD)
def test_good_addresses_stay_as_they_are(channel: Channel, address: str) -> None:
    assert target(channel, address) == address


@pytest.mark.parametrize("address", INJECTED)
def test_more_than_one_plain_mail_address_is_refused(address: str) -> None:
    refused(Channel.EMAIL, address)


@pytest.mark.parametrize("address", NO_URL)
@pytest.mark.parametrize("channel", [Channel.WEBHOOK, Channel.WECOM, Channel.FEISHU])
def test_what_is_no_https_address_is_refused(channel: Channel, address: str) -> None:
    refused(channel, address)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (Channel.WECOM, DINGTALK), (Channel.DINGTALK, WECOM), (Channel.FEISHU, WECOM),
        (Channel.WECOM, WECOM.partition("?")[0]), (Channel.DINGTALK, DINGTALK.partition("?")[0]),
        (Channel.WECOM, "https://qyapi.weixin.qq.com.evil.example/send?key=k"),
        (Channel.WECOM, "https://qyapi.weixin.qq.com:8443/send?key=k"),
    ],
)  # fmt: skip
def test_a_robot_lives_at_its_vendor(channel: Channel, address: str) -> None:
    refused(channel, address)


def test_the_inbox_has_no_address() -> None:
    with pytest.raises(Invalid) as why:
        target(Channel.IN_APP, "ward@example.org")
    assert why.value.reason == "NO_ADDRESS_NEEDED"


@pytest.mark.parametrize("channel", [Channel.WEBHOOK, Channel.DINGTALK, Channel.FEISHU])
@pytest.mark.parametrize(
    "secret", [None, "short", "x" * 201, "sixteen blanks  ", "sixteen\nlines\nxx"]
)
def test_a_signed_channel_has_a_strong_secret(channel: Channel, secret: str | None) -> None:
    assert require_secret(channel, "s" * 16) == "s" * 16
    with pytest.raises(Invalid) as why:
        require_secret(channel, secret)
    assert (why.value.reason, why.value.field) == ("SECRET_NEEDED", "secret")


def test_a_channel_without_signature_takes_no_secret() -> None:
    assert require_secret(Channel.WECOM, None) is None
    with pytest.raises(Invalid):
        require_secret(Channel.WECOM, "s" * 16)


def test_of_a_robot_s_address_only_the_server_is_shown() -> None:
    assert hint(Channel.WECOM, WECOM) == "https://qyapi.weixin.qq.com"
    assert hint(Channel.EMAIL, "ward@example.org") == "ward@example.org"


def refused(channel: Channel, address: str) -> None:
    with pytest.raises(Invalid) as why:
        target(channel, address)
    assert (why.value.reason, why.value.field) == ("ADDRESS", "address")
    assert len(address) < 10 or address not in why.value.message
