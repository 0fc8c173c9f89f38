"""Reading the mail that says that a mail did not arrive."""

import pytest

from domain.notices.bounces import Bounce, read_bounce
from kit.errors import Invalid
from tests.notices.parcels import DELIVERY

BOUNCE = f"""From: MAILER-DAEMON@relay.example.org
To: wardgrid@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <20260302.1@relay.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; ward@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

From: Wardgrid <wardgrid@example.org>
To: ward@example.org
Message-ID: <{DELIVERY}@example.org>
Subject: x

text
--b--
"""


def test_a_bounce_names_the_delivery_and_the_status() -> None:
    assert read_bounce(BOUNCE) == Bounce(DELIVERY, "5.1.1")
    assert read_bounce(BOUNCE.replace("\n", "\r\n")) == Bounce(DELIVERY, "5.1.1")


def test_headers_alone_are_enough() -> None:
    assert read_bounce(BOUNCE.replace("message/rfc822", "text/rfc822-headers")) == Bounce(
        DELIVERY, "5.1.1"
    )


@pytest.mark.parametrize(
    "mail",
    [
        "", "x" * 100_001, "Subject: hello\n\nhello",
        BOUNCE.replace("Action: failed", "Action: delayed"),
        BOUNCE.replace("Status: 5.1.1", "Status: fine"),
        BOUNCE.replace(f"<{DELIVERY}@example.org>", "<somebody.else@example.org>"),
        f"Message-ID: <{DELIVERY}@example.org>\nAction: failed\nStatus: 5.1.1\n\n",
        "Content-Type: multipart/report; boundary=b\n\n" + "--b\n" * 1000,
        BOUNCE.replace('boundary="b"', 'boundary="\x00"'),
    ],
)  # fmt: skip
def test_any_other_mail_is_refused(mail: str) -> None:
    with pytest.raises(Invalid) as why:
        read_bounce(mail)
    assert (why.value.reason, why.value.field) == ("NOT_A_BOUNCE", "mail")
