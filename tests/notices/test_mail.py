"""Mail to a real relay: TLS, log-in, refusals, tarpits, broken connections, injected headers."""

import asyncio
import socket
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from domain.notices.words import Language, Outcome, Parcel, later, never, sent
from gateways.mail import MailSender, MailTls, Relay, letter
from kit.errors import Invalid
from tests.notices.parcels import AT, DELIVERY, facts, parcel
from tests.notices.servers import (
    PASSWORD,
    USER,
    Mailbox,
    Papers,
    papers,
    raw_server,
    smtp,
)

SENDER = "wardgrid@example.org"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


def send(port: int, paper: Papers | None, what: Parcel | None = None, **relay: Any) -> Outcome:
    usual: dict[str, Any] = {
        "host": "localhost", "port": port, "sender": SENDER, "time_s": 5.0,
        "tls": MailTls.STARTTLS if paper else MailTls.NONE,
        "trust": paper.client() if paper else None,
    }  # fmt: skip
    sender = MailSender(Relay(**usual | relay))
    return asyncio.run(sender.send(what or parcel()))


def test_a_mail_goes_out_over_starttls_after_a_log_in(paper: Papers) -> None:
    box = Mailbox()
    chinese = parcel(facts=facts(text="血氧低", severity="CRITICAL"), language=Language.ZH)
    with smtp(box, paper, login=True) as port:
        outcome = send(port, paper, chinese, username=USER, password=PASSWORD)
    assert outcome == sent("SMTP_250")
    ((sender, receivers, raw),) = box.mails
    assert (sender, receivers) == (SENDER, "ward@example.org")
    mail = message_from_bytes(raw, policy=default)
    assert mail["Subject"] == "[危急] ICU A1 血氧低"
    assert mail["Message-ID"] == f"<{DELIVERY}@example.org>"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    body = mail.get_body()
    assert body is not None
    assert body.get_content().splitlines()[0] == "【危急】NORTH ICU A1:血氧低"


def test_a_wrong_password_is_tried_again_later(paper: Papers) -> None:
    with smtp(box := Mailbox(), paper, login=True) as port:
        outcome = send(port, paper, username=USER, password="wrong")
    assert (outcome, box.mails) == (later("SMTP_LOGIN_535"), [])


def test_a_certificate_that_nobody_knows_ends_it(paper: Papers, tmp_path: Path) -> None:
    with smtp(box := Mailbox(), paper) as port:
        assert send(port, paper, trust=None) == later("TLS_REFUSED")
        assert send(port, paper, trust=papers(tmp_path).client()) == later("TLS_REFUSED")
        assert send(port, paper, host="127.0.0.1") == later("TLS_REFUSED")  # not its name
    assert box.mails == []


def test_a_relay_without_starttls_is_not_used_without(paper: Papers) -> None:
    with smtp(box := Mailbox(), None) as port:
        assert send(port, paper) == later("NO_STARTTLS")
    assert box.mails == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such user", never("SMTP_550")), ("553 bad", never("SMTP_553")),
        ("451 4.7.1 greylisted", later("SMTP_451")), ("452 full", later("SMTP_452")),
    ],
)  # fmt: skip
def test_a_refused_receiver(answer: str, outcome: Outcome) -> None:
    with smtp(box := Mailbox(answers=[answer]), None) as port:
        assert send(port, None) == outcome
    assert box.mails == []


def greet_and(then: bytes) -> Any:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        connection.recv(1000)
        connection.sendall(then)

    return talk


@pytest.mark.parametrize(
    ("talk", "outcome"),
    [
        (lambda _connection: None, later("NO_CONNECTION")),
        (lambda connection: connection.sendall(b"554 go away\r\n"), later("SMTP_554")),
        (lambda connection: connection.sendall(b"\xff\x00 what\r\n"), later("SMTP_NONSENSE")),
        (greet_and(b"421 closing\r\n"), later("SMTP_421")),
        (greet_and(b""), later("CONNECTION_LOST")),
    ],
    ids=["closes", "refuses", "babbles", "busy", "drops"],
)
def test_a_relay_in_a_bad_mood(talk: Any, outcome: Outcome) -> None:
    with raw_server(talk) as port:
        assert send(port, None) == outcome


def test_a_tarpit_is_not_waited_for() -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(20):
            connection.sendall(b"220-wait\r\n")
            time.sleep(0.05)

    def silent(connection: socket.socket) -> None:
        connection.recv(1)

    with raw_server(silent) as port:
        assert send(port, None, time_s=0.3) == later("TIMED_OUT")
    with raw_server(drip) as port:
        assert send(port, None, time_s=0.3).verdict == "LATER"


def test_nobody_there() -> None:
    with raw_server(lambda _connection: None) as port:
        pass
    assert send(port, None) == later("NO_CONNECTION")


INJECTED = (
    "ward@example.org\r\nBcc: x@example.org", "ward@example.org\n\nbody", "a@example.org,b@x.org",
    "ward@example.org\x00", "Ward <ward@example.org>", "ward@example.org\u2028Bcc: x@example.org",
    "", "ward",
)  # fmt: skip


@pytest.mark.parametrize("address", INJECTED)
def test_no_address_brings_a_header_with_it(address: str) -> None:
    with pytest.raises(Invalid):
        letter(parcel(address=address), SENDER, AT)
    with pytest.raises(Invalid):
        letter(parcel(), address, AT)
    with smtp(box := Mailbox(), None) as port:
        assert send(port, None, parcel(address=address)) == never("ADDRESS_REFUSED")
    assert box.mails == []


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r", "\x00", "\x0b\x0c", "\u2028", "\x85", "\x1b"])
def test_no_text_or_code_brings_a_header_with_it(mark: str) -> None:
    evil = f"x{mark}Bcc: thief@example.org{mark}{mark}body"
    mail = letter(parcel(facts=facts(text=evil, ward=evil, bed=evil, hospital=evil)), SENDER, AT)
    again = message_from_bytes(mail.as_bytes(), policy=default)
    assert again.keys() == mail.keys()
    assert again["Bcc"] is None
    assert "Bcc" in str(again["Subject"])


def test_a_password_never_prints() -> None:
    relay = Relay("relay.test", 587, SENDER, username=USER, password=PASSWORD)
    assert PASSWORD not in repr(relay)
