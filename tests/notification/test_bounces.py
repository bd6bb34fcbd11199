"""Mails that came back: as mail servers write it (RFC 3464, examples of its appendix E, with a notice of ours)."""

from uuid import UUID

import pytest

from services.notification.bounces import bounce_in

NOTICE = UUID("745b7455-bc86-53c2-a389-d038bab85435")
ORIGINAL = f"""\
From: relais@relais.example
To: iscg-31-a@relais.example
Subject: Relais
Message-ID: <{NOTICE}@relais.example>
"""


def a_bounce(action: str = "failed", status: str = "5.1.1", enclosed: str = "message/rfc822") -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example
To: relais@relais.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="AAA"

--AAA

This is the mail system.

--AAA
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sun, 29 Nov 2026 17:00:00 +0000

Final-Recipient: rfc822; iscg-31-a@relais.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--AAA
Content-Type: {enclosed}

{ORIGINAL}
Bonjour

--AAA--
""".encode()


@pytest.mark.parametrize("enclosed", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_failed_for_good_names_its_notice_and_why(enclosed: str) -> None:
    assert bounce_in(a_bounce(enclosed=enclosed)) == (NOTICE, "5.1.1")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_only_late_has_not_come_back(action: str) -> None:
    assert bounce_in(a_bounce(action=action)) is None


def test_a_status_that_is_none_is_left_out() -> None:
    assert bounce_in(a_bounce(status="none at all")) == (NOTICE, None)


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\xff\xfe\x00", b"Subject: hello\n\nI am away until Monday.", ORIGINAL.encode(), a_bounce()[:400]],
)
def test_whatever_else_comes_to_that_address_is_nothing(rubbish: bytes) -> None:
    assert bounce_in(rubbish) is None


def test_a_bounce_of_somebody_elses_mail_is_nothing() -> None:
    assert bounce_in(a_bounce().replace(str(NOTICE).encode(), b"not-ours")) is None
