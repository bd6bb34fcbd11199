"""What notices say, and above all what they never say."""

from collections.abc import Callable, Mapping
from itertools import product
from uuid import UUID, uuid4

import pytest
from jinja2 import meta

from deploy.local.browser import Browser
from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.recipients import RECIPIENTS
from services.notification.domain.reference import ALPHABET, reference
from services.notification.domain.routing import KINDS, MUST_BE_TOLD, ROUTES, TO_PERSON, UNTOLD
from services.notification.domain.templates import LANGUAGES, TEMPLATES, Template, Words
from services.notification.gateway import Text
from services.notification.handlers import book, tell
from services.notification.letters import Office, Senders
from services.notification.mail import Letter
from services.notification.push import Push
from services.notification.wording import FOLDER, TEXTS, Unwritable, as_page, render
from shared.contracts.blocks import Channel, Recipient, SafeHours
from shared.contracts.event import Event
from shared.contracts.events import NotificationFailed
from shared.contracts.topics import RELAIS_CASES
from shared.contracts.vocabulary import NoticeChannel, PersonWords, RecipientRole, Urgency
from shared.vault.links import Codes, Links
from tests.notification.builders import (
    CASE,
    Desk,
    a_breach,
    a_broken_glass,
    a_cancellation,
    a_code,
    a_correction,
    a_merge,
    a_notice,
    a_parting,
    a_person,
    a_recipient,
    a_referral,
    a_reminder,
    a_renewal,
    a_request,
    an_access_change,
    an_answer,
    an_assignment,
    an_end,
    an_escalation,
    an_expiry,
)

BASE = "https://relais.example"
HOSTILE = "zsofia.{{reference}}.wuergler"
PHONE = "+33612345678"
ALWAYS = SafeHours(zone="Europe/Paris")
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of 3GPP TS 23.038: one other letter makes a text of 160 places one of 70."""
MAY_BE_PUT_IN = {"count", "reference", "urgency", "link", "code"}
LINKS, CODES = Links([b"s" * 32]), Codes([b"c" * 32])


@pytest.mark.parametrize(("template", "language"), list(product(TEMPLATES.values(), LANGUAGES)))
def test_a_template_has_no_place_but_for_reference_urgency_and_link(template: Template, language: str) -> None:
    text = (FOLDER / language / f"{template.name}.v{template.version}.jinja").read_text("utf-8")
    assert meta.find_undeclared_variables(TEXTS.parse(text)) <= MAY_BE_PUT_IN


def test_every_text_that_lies_there_is_one_that_is_named() -> None:
    lying = {each.name for language in LANGUAGES for each in (FOLDER / language).iterdir()} - {"layout.jinja"}
    assert lying == {f"{name}.v{version}.jinja" for name, version in TEMPLATES}


SENT_BY: Mapping[NoticeKind, Callable[..., Event]] = {
    NoticeKind.ASSIGNED: an_assignment,
    NoticeKind.ESCALATED: an_escalation,
    NoticeKind.REFERRAL: a_referral,
    NoticeKind.REMINDER: a_reminder,
    NoticeKind.MISSED: a_breach,
    NoticeKind.CORRECTED: a_correction,
    NoticeKind.MERGED: a_merge,
    NoticeKind.PARTED: a_parting,
    NoticeKind.ENDED: an_end,
    NoticeKind.GLASS_BROKEN: a_broken_glass,
    NoticeKind.ACCESS_CHANGED: an_access_change,
    NoticeKind.LINK: a_renewal,
    NoticeKind.CODE: a_code,
    NoticeKind.ANSWERED: an_answer,
    NoticeKind.EXPIRED: an_expiry,
    NoticeKind.CANCELLED: a_cancellation,
    NoticeKind.PERSON: a_request,
}
TOLD_IN_DIGESTS = {NoticeKind.DIGEST, NoticeKind.GATHERED}
NEUTRAL = Senders(person_mail="info@mail.example")


def tell_of(kind: NoticeKind, recipients: tuple[Recipient, ...], desk: Desk) -> None:
    event: Event = SENT_BY[kind](*recipients).model_copy(update={"notify": recipients})
    book.pages[type(event)].handle(event, desk.work())


def owed(kind: NoticeKind, recipient: Recipient) -> Notice:
    """What this recipient is owed because of such an event; where it is told instead of another, as if that were so."""
    desk = Desk()
    tell_of(kind, (recipient,), desk)
    [notice] = [each for each in desk.notices() if each.ref == recipient.ref]
    return notice


def test_every_event_of_a_case_is_told_to_somebody_or_it_is_said_why_not() -> None:
    assert {*KINDS, *UNTOLD} == set(RELAIS_CASES.events)
    assert not {*KINDS} & {*UNTOLD}
    assert set(KINDS) == {each for each in RELAIS_CASES.events if "notify" in each.model_fields}
    assert all(each in book.pages for each in KINDS)


def test_every_kind_of_notice_is_told_to_somebody_and_by_some_event() -> None:
    assert {kind for kind, _ in ROUTES} == set(NoticeKind)
    assert set(KINDS.values()) == set(SENT_BY) == set(NoticeKind) - TOLD_IN_DIGESTS
    assert {each.template for each in ROUTES.values()} | set(TO_PERSON.values()) == set(TEMPLATES.values())
    assert set(TO_PERSON) == set(PersonWords)


@pytest.mark.parametrize("kind", sorted(set(SENT_BY) - MUST_BE_TOLD))
def test_what_nobody_must_hear_of_owes_nothing_where_nobody_is_named(kind: NoticeKind) -> None:
    desk = Desk()
    tell_of(kind, (), desk)
    assert not desk.notices() and not desk.said()


@pytest.mark.parametrize("kind", sorted(MUST_BE_TOLD))
def test_what_somebody_must_hear_of_fails_aloud_where_nobody_is_named(kind: NoticeKind) -> None:
    desk = Desk()
    tell_of(kind, (), desk)
    assert [type(each) for each in desk.said()] == [NotificationFailed]


ROWS = [row for row in product(ROUTES, ["fr", "en"]) if row[0][0] not in TOLD_IN_DIGESTS]


@pytest.mark.parametrize(("row", "language"), ROWS)
@pytest.mark.parametrize("channel", [NoticeChannel.EMAIL, NoticeChannel.SMS, NoticeChannel.WEB_PUSH])
def test_nothing_of_a_recipient_or_a_person_gets_into_a_message(
    row: tuple[NoticeKind, RecipientRole], language: str, channel: NoticeChannel
) -> None:
    kind, role = row
    value = {
        NoticeChannel.EMAIL: f"{HOSTILE}@relais.example",
        NoticeChannel.SMS: PHONE,
        NoticeChannel.WEB_PUSH: Browser().subscription(f"https://{HOSTILE}.example"),
    }[channel]
    ways = (Channel(channel=channel, value=value), Channel(channel=NoticeChannel.SMS, value=PHONE))
    recipient = a_recipient("ref-of-somebody", role, channels=ways, language=language, safe=ALWAYS)
    notice = owed(kind, recipient)
    message = Office(LINKS, CODES, BASE, senders=NEUTRAL).written(notice, RECIPIENTS.dump_json((recipient,)))
    if role is RecipientRole.PARTNER and channel is not NoticeChannel.EMAIL and kind is not NoticeKind.CODE:
        # Whoever gets a partner's codes must not get its links by the same way.
        assert message is None
        return
    said = "\n".join(said_by(message))
    if channel is NoticeChannel.SMS:
        assert set(said) <= GSM_7
    for part in (HOSTILE, "zsofia", "wuergler", "ref-of-somebody", "@", "{{", "33612345678"):
        assert part not in said
    if role is RecipientRole.PERSON:
        assert not any(word in said.lower() for word in ("relais", "police", "gendarm", "iscg", "saisine", "http"))
        return
    assert reference(CASE) in said
    door = "posts" if kind is NoticeKind.ACCESS_CHANGED else f"cases/{CASE}"
    assert f"{BASE}/v1/{door}" in said or kind is NoticeKind.CODE


def said_by(message: object) -> tuple[str, ...]:
    match message:
        case Letter():
            return message.words.subject, message.words.body, message.page
        case Text():
            return (message.words,)
        case Push():
            return (message.body,)
    raise AssertionError(message)


def test_without_a_neutral_sender_no_mail_goes_to_the_person() -> None:
    person = a_person(NoticeChannel.EMAIL, "her@mail.example")
    notice, opened = owed(NoticeKind.PERSON, person), RECIPIENTS.dump_json((person,))
    assert Office(LINKS, CODES, BASE).written(notice, opened) is None
    letter = Office(LINKS, CODES, BASE, senders=NEUTRAL).written(notice, opened)
    assert isinstance(letter, Letter)
    assert letter.sender == "info@mail.example"


def test_a_page_shows_the_same_words_and_lets_nothing_in() -> None:
    words = Words(subject="<b>a</b>", body="1 < 2\n\nSee it: https://relais.example/v1/cases/7?a=1\n")
    page = as_page(words, "en")
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "1 &lt; 2" in page
    assert '<a href="https://relais.example/v1/cases/7?a=1" rel="noopener noreferrer">' in page


@pytest.mark.parametrize("named", [Template(name="partner-code"), Template(name="nowhere")])
def test_a_template_that_is_missing_or_asks_for_too_much_is_no_crash(named: Template) -> None:
    with pytest.raises(Unwritable):
        render(named, "fr", {"reference": "7K3Q-M9TX"})


def test_a_notice_whose_text_is_gone_can_not_be_written() -> None:
    recipient = a_recipient()
    with pytest.raises(Unwritable):
        Office(LINKS, CODES, BASE).written(
            a_notice().model_copy(update={"template_version": 99}), RECIPIENTS.dump_json((recipient,))
        )


def said(notice: Notice) -> Words:
    return Office(LINKS, CODES, BASE).words_of(notice, a_recipient())


@pytest.mark.parametrize(("language", "urgency"), [("fr", "immédiat"), ("en-GB", "immediate"), ("so", "immédiat")])
def test_a_mail_is_french_unless_its_reader_reads_english(language: str, urgency: str) -> None:
    words = said(a_notice(language=language, urgency=Urgency.IMMEDIATE))
    assert urgency in words.subject
    assert urgency in words.body


def test_a_reference_is_the_same_in_all_notices_of_a_case() -> None:
    case_id = uuid4()
    assert reference(case_id) == reference(UUID(str(case_id)))
    assert set(reference(case_id)) <= set(f"{ALPHABET}-")
    assert len(reference(case_id)) == len("7K3Q-M9TX")


@pytest.mark.parametrize(("language", "mark", "word"), [("fr", "[ESSAI]", "ESSAI"), ("en", "[TEST]", "TEST")])
def test_a_test_is_marked_where_it_is_seen_first(language: str, mark: str, word: str) -> None:
    words = said(a_notice(language=language, test=True))
    assert words.subject.startswith(f"{mark} Relais")
    assert word in words.body.splitlines()[0]
    assert mark not in said(a_notice(language=language)).subject


def test_what_is_said_of_a_test_owes_a_notice_that_is_marked() -> None:
    desk = Desk()
    tell(an_assignment().model_copy(update={"test": True}), desk.work())
    assert [notice.test for notice in desk.notices()] == [True]
