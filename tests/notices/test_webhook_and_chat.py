"""What other systems and chat groups get, signed; and what their answers mean."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.notices.words import Channel, Language, Outcome, Parcel, later, never, sent
from gateways.chat import ChatSender, dingtalk_sign, envelope, feishu_sign, shortened, verdict
from gateways.outside import Outside, Reply
from gateways.webhook import WebhookSender, webhook_body
from tests.notices.parcels import ALARM, AT, DELIVERY, facts, parcel
from tests.notices.servers import Target, http

SECRET = "sixteen letters."


def send(sender: Any, what: Parcel) -> Outcome:
    done: Outcome = asyncio.run(sender.send(what))
    return done


def hook(port: int, **what: Any) -> Parcel:
    usual: dict[str, Any] = {"channel": Channel.WEBHOOK, "secret": SECRET,
                             "address": f"http://127.0.0.1:{port}/hook"}  # fmt: skip
    return parcel(**usual | what)


def outside(port: int) -> Outside:
    return Outside(inside_too=frozenset((f"127.0.0.1:{port}",)))


def test_a_webhook_gets_ids_and_codes_signed_as_standard_webhooks_says() -> None:
    with http(target := Target()) as port:
        sender = WebhookSender(outside(port), lambda: AT)
        assert send(sender, hook(port)) == sent("HTTP_200")
    ((path, headers, body),) = target.got
    assert path == "/hook"
    assert json.loads(body) == {
        "type": "alarm.notice", "alarm": str(ALARM), "event": "OPENED", "kind": "THRESHOLD",
        "severity": "HIGH", "hospital": "NORTH", "ward": "ICU", "bed": "A1", "count": 1,
        "at": "2026-03-02T04:30:00.000000Z",
    }  # fmt: skip
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (str(DELIVERY), "1772425800")
    said = f"{DELIVERY}.1772425800.".encode() + body
    right = base64.b64encode(hmac.new(SECRET.encode(), said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"


def test_a_webhook_s_body_holds_no_text() -> None:
    assert b"SpO2" not in webhook_body(facts())
    assert json.loads(webhook_body(facts(alarm_id=None, ward="", bed="")))["type"] == "alarm.test"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, sent("HTTP_204")), (301, never("HTTP_301")), (400, never("HTTP_400")),
     (404, never("HTTP_404")), (410, never("HTTP_410")), (408, later("HTTP_408")),
     (429, later("HTTP_429")), (500, later("HTTP_500")), (503, later("HTTP_503"))],
)  # fmt: skip
def test_what_a_target_s_answer_means(status: int, outcome: Outcome) -> None:
    with http(Target(answers=[(status, {}, b"")])) as port:
        assert send(WebhookSender(outside(port), lambda: AT), hook(port)) == outcome


def test_a_webhook_is_never_sent_unsigned_or_to_this_network() -> None:
    with http(target := Target()) as port:
        assert send(WebhookSender(outside(port), lambda: AT), hook(port, secret=None)) == never(
            "NO_SECRET"
        )
        guarded = WebhookSender(Outside(), lambda: AT)
        assert send(guarded, hook(port)) == never("NOT_HTTPS")
        away = hook(port, address="https://127.0.0.1/")
        assert send(guarded, away) == never("ADDRESS_REFUSED")
    assert target.got == []


def test_the_vendors_signatures() -> None:
    """As the vendors' own samples compute them."""
    assert (
        dingtalk_sign("1577262236757", "this is secret")
        == base64.b64encode(
            hmac.new(b"this is secret", b"1577262236757\nthis is secret", hashlib.sha256).digest()
        ).decode()
    )
    assert (
        feishu_sign("1599360473", "demo")
        == base64.b64encode(
            hmac.new(b"1599360473\ndemo", digestmod=hashlib.sha256).digest()
        ).decode()
    )


def test_the_shapes_of_the_three_robots() -> None:
    url, said = envelope(Channel.WECOM, "https://h/send?key=k", None, "text", 1_500_000)
    assert (url, said) == (
        "https://h/send?key=k", {"msgtype": "text", "text": {"content": "text"}},
    )  # fmt: skip
    url, said = envelope(
        Channel.DINGTALK, "https://h/send?access_token=t", SECRET, "text", 1_500_000
    )
    given = parse_qs(urlsplit(url).query)
    assert given == {"access_token": ["t"], "timestamp": ["1500"],
                     "sign": [dingtalk_sign("1500", SECRET)]}  # fmt: skip
    assert said == {"msgtype": "text", "text": {"content": "text"}}
    url, said = envelope(Channel.FEISHU, "https://h/hook/t", SECRET, "text", 1_500_000)
    assert (url, said) == (
        "https://h/hook/t",
        {"msg_type": "text", "content": {"text": "text"}, "timestamp": "1",
         "sign": feishu_sign("1", SECRET)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "status", "body", "outcome"),
    [
        (Channel.WECOM, 200, {"errcode": 0, "errmsg": "ok"}, sent("WECOM_0")),
        (Channel.WECOM, 200, {"errcode": 93000}, never("WECOM_93000")),
        (Channel.WECOM, 200, {"errcode": 45009}, later("WECOM_45009")),
        (Channel.WECOM, 200, {"errcode": -1}, later("WECOM_MINUS1")),
        (Channel.DINGTALK, 200, {"errcode": 0}, sent("DINGTALK_0")),
        (Channel.DINGTALK, 200, {"errcode": 310000}, never("DINGTALK_310000")),
        (Channel.DINGTALK, 200, {"errcode": 130101}, later("DINGTALK_130101")),
        (Channel.FEISHU, 200, {"code": 0, "msg": "success"}, sent("FEISHU_0")),
        (Channel.FEISHU, 200, {"StatusCode": 0}, sent("FEISHU_0")),
        (Channel.FEISHU, 200, {"code": 19021}, never("FEISHU_19021")),
        (Channel.FEISHU, 400, {"code": 11232}, later("FEISHU_11232")),
        (Channel.WECOM, 200, {"errcode": "0"}, later("ANSWER_UNKNOWN")),
        (Channel.WECOM, 200, {"errcode": True}, later("ANSWER_UNKNOWN")),
        (Channel.WECOM, 200, {"errcode": 10**30}, later("ANSWER_UNKNOWN")),
        (Channel.WECOM, 200, [], later("ANSWER_UNKNOWN")),
        (Channel.WECOM, 503, None, later("HTTP_503")), (Channel.WECOM, 404, None, never("HTTP_404")),
    ],
)  # fmt: skip
def test_the_code_in_the_body_decides(
    channel: Channel, status: int, body: Any, outcome: Outcome
) -> None:
    assert verdict(channel, Reply(status, json.dumps(body).encode())) == outcome


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 60_000])
def test_a_page_is_no_answer(body: bytes) -> None:
    assert verdict(Channel.FEISHU, Reply(200, body)) == later("ANSWER_UNKNOWN")


def test_a_group_gets_the_text_by_its_template() -> None:
    with http(target := Target(answers=[(200, {}, b'{"errcode":0}')])) as port:
        chat = ChatSender(outside(port), lambda: AT)
        message = hook(port, channel=Channel.DINGTALK, language=Language.ZH,
                       template="报警 {severity} {ward} {bed} {text}")  # fmt: skip
        assert send(chat, message) == sent("DINGTALK_0")
    ((path, _, body),) = target.got
    assert json.loads(body) == {"msgtype": "text", "text": {"content": "报警 高 ICU A1 SpO2 low"}}
    assert path.startswith("/hook?timestamp=1772425800000&sign=")


def test_a_long_chinese_text_is_cut_between_letters() -> None:
    cut = shortened("报" * 1000)
    assert cut == "报" * (2048 // 3)
