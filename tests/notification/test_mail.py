"""A mail as it travels: what every mail program reads of it, whatever is said in it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notification.domain.templates import Words
from services.notification.mail import Letter, message_of
from services.notification.wording import as_page

ID = UUID(int=5)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)
texts = st.lists(lines, min_size=1, max_size=6).map("\n".join)


def read(words: Words) -> EmailMessage:
    sent = message_of(Letter(ID, "iscg@relais.example", words, as_page(words, "fr")), "relais@relais.example")
    assert sent.isascii()
    assert all(len(line) <= 998 for line in sent.split(b"\r\n"))
    assert b"\n" not in sent.replace(b"\r\n", b"")
    found = message_from_bytes(sent, policy=default)
    assert not found.defects
    return found


@given(lines, texts)
def test_whatever_is_said_comes_over_in_both_forms_and_adds_no_header(subject: str, body: str) -> None:
    mail = read(Words(subject=subject, body=body))
    assert [each.get_content_type() for each in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain = mail.get_body(("plain",))
    assert plain
    assert str(plain.get_content()).splitlines() == body.splitlines()
    assert str(mail["Subject"]).split() == subject.split()
    assert set(mail.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID"),
        *("Auto-Submitted", "MIME-Version", "Content-Type"),
    }


def test_its_id_is_the_notices_and_its_date_has_an_offset() -> None:
    mail = read(Words(subject="Relais : une saisine vous est attribuée", body="Bonjour"))
    assert mail["Message-ID"] == f"<{ID}@relais.example>"
    assert parsedate_to_datetime(str(mail["Date"])).utcoffset() is not None
