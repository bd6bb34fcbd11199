"""Mails that came back: as mail servers write it (RFC 3464, examples of its appendix E, with a notice of ours)."""

from base64 import b64encode
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from cli.notices import app
from deploy.local.ports import free_port
from services.notification.bounces import UnreadableBounce, bounce_in

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
    [b"", b"\xff\xfe\x00", b"Subject: hello\n\nI am away until Monday.", ORIGINAL.encode()],
)
def test_whatever_else_comes_to_that_address_is_nothing(rubbish: bytes) -> None:
    assert bounce_in(rubbish) is None


PLAIN = Path(__file__).parents[1] / "cases/bounce-plain-text.eml"


def test_a_bounce_in_words_for_people_is_read_by_its_permanent_reply() -> None:
    assert bounce_in(PLAIN.read_bytes()) == (UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41"), "5.1.1")


@pytest.mark.parametrize(
    ("change", "status"),
    [((b"550 5.1.1 unknown", b"550 unknown"), None), ((b"550 5.1.1", b"host said: 554-#5.7.1"), "5.7.1")],
)
def test_its_status_is_told_where_it_has_one(change: tuple[bytes, bytes], status: str | None) -> None:
    found = bounce_in(PLAIN.read_bytes().replace(*change))
    assert found and found[1] == status


def test_what_a_server_will_try_again_has_not_come_back() -> None:
    assert bounce_in(PLAIN.read_bytes().replace(b"550 5.1.1", b"451 4.3.0")) is None


@pytest.mark.parametrize("change", [(b"550 5.1.1 unknown user", b"it did not work"), (b"Message-ID", b"X-Other")])
def test_a_bounce_that_is_not_understood_is_not_said_to_be_nothing(change: tuple[bytes, bytes]) -> None:
    message = PLAIN.read_bytes().replace(*change)
    if change[0] == b"Message-ID":
        message = message.replace(b"<0d9f6c1e", b"<not-ours")
    with pytest.raises(UnreadableBounce):
        bounce_in(message)


def test_a_bounce_that_was_cut_off_is_not_said_to_be_nothing() -> None:
    with pytest.raises(UnreadableBounce):
        bounce_in(a_bounce()[:400])


def test_a_bounce_of_somebody_elses_mail_is_nothing() -> None:
    assert bounce_in(a_bounce().replace(str(NOTICE).encode(), b"not-ours")) is None


@pytest.mark.parametrize("sender", ["a@", "<", '"', "@", "=?utf-8?q?=FF?= <", "MAILER-DAEMON@"])
def test_a_sender_that_no_address_is_ends_nothing(sender: str) -> None:
    message = PLAIN.read_bytes().replace(b"Mail Delivery System <mailer-daemon@mx.example>", sender.encode())
    assert bounce_in(message) == (UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41"), "5.1.1")


def test_an_enclosed_mail_with_a_broken_id_is_not_ours() -> None:
    assert bounce_in(a_bounce().replace(f"<{NOTICE}@relais.example>".encode(), b"<[")) is None


def test_mails_within_mails_without_end_are_not_understood() -> None:
    with pytest.raises(UnreadableBounce):
        bounce_in(b"Content-Type: message/rfc822\n\n" * 2000)


@pytest.mark.parametrize("delayed", [b"421 4.4.1 will retry; size 512 kB", b"450 4.7.1 busy after 500 tries"])
def test_what_sounds_late_and_failed_at_once_is_left_to_a_person(delayed: bytes) -> None:
    with pytest.raises(UnreadableBounce):
        bounce_in(PLAIN.read_bytes().replace(b"550 5.1.1 unknown user", delayed))


def test_an_address_in_the_words_makes_no_failure_of_a_delay() -> None:
    assert bounce_in(PLAIN.read_bytes().replace(b"550 5.1.1 unknown user", b"451 4.7.1 10.5.1.1: greylisted")) is None


@pytest.mark.parametrize("beside", [b"(Exim 4.94.2)", b"from 10.5.1.1", b"from 5.1.1.7"])
def test_a_version_or_an_address_is_no_status(beside: bytes) -> None:
    words = PLAIN.read_bytes().replace(b"550 5.1.1", b"550 " + beside)
    assert bounce_in(words) == (UUID("0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41"), None)


def test_enclosed_headers_are_read_however_they_are_encoded() -> None:
    coded = b"text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n" + b64encode(ORIGINAL.encode())
    head, _, tail = a_bounce(enclosed="text/rfc822-headers").rpartition(b"text/rfc822-headers")
    assert bounce_in(head + coded + tail[-9:]) == (NOTICE, "5.1.1")


def test_a_mail_that_only_answers_ours_is_not_ours() -> None:
    answer = a_bounce(enclosed="text/rfc822-headers").replace(b"Message-ID:", b"References:")
    assert bounce_in(answer) is None


@pytest.mark.parametrize(("url", "status"), [("http://127.0.0.1:{}", 75), ("127.0.0.1:{}", 1), ("http://[::", 1)])
def test_a_mail_server_tries_again_only_where_the_service_is_away(url: str, status: int) -> None:
    words = ["bounce", "--url", url.format(free_port()), "--token", "x"]
    done = CliRunner().invoke(app, words, input=PLAIN.read_bytes())
    assert (done.exit_code, "Traceback" in done.output) == (status, False)
