"""What notices say, and above all what they never say."""

from collections.abc import Callable, Mapping
from itertools import product
from string import Template as Text
from uuid import UUID, uuid4

import pytest

from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.reference import ALPHABET, reference
from services.notification.domain.routing import ROUTES
from services.notification.domain.templates import TEMPLATES, Template, Words
from services.notification.handlers import (
    on_access_code_issued,
    on_case_closed,
    on_case_corrected,
    on_case_escalated,
    on_case_merged,
    on_case_parted,
    on_deadline_missed,
    on_deadline_neared,
    on_glass_broken,
    on_iscg_assigned,
    on_referral_answered,
    on_referral_cancelled,
    on_referral_expired,
    on_referral_link_renewed,
    on_referral_sent,
)
from services.notification.letters import Office
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import RecipientRole, Urgency
from shared.vault.links import Links
from tests.notification.builders import (
    CASE,
    Desk,
    a_breach,
    a_broken_glass,
    a_cancellation,
    a_code,
    a_correction,
    a_late_breach,
    a_merge,
    a_notice,
    a_parting,
    a_recipient,
    a_referral,
    a_reminder,
    a_renewal,
    an_answer,
    an_assignment,
    an_end,
    an_escalation,
    an_expiry,
)

BASE = "https://relais.example"
HOSTILE = "zsofia.$reference.{link}.%s.wuergler"
MAY_BE_PUT_IN = {"count", "reference", "urgency", "link", "code"}
LINKS = Links(b"s" * 32)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
def test_a_template_has_no_place_but_for_reference_urgency_and_link(template: Template) -> None:
    for text in (*template.subjects.values(), *template.bodies.values()):
        assert set(Text(text).get_identifiers()) <= MAY_BE_PUT_IN
    assert template.subjects.keys() == template.bodies.keys() == {"fr", "en"}


@pytest.mark.parametrize(("row", "language"), list(product(ROUTES, ["fr", "en"])))
def test_nothing_of_a_recipient_or_a_person_gets_into_a_mail(
    row: tuple[NoticeKind, RecipientRole], language: str
) -> None:
    kind, role = row
    recipient = a_recipient("ref-of-somebody", role, f"{HOSTILE}@relais.example", "+33612345678", language=language)
    notice = owed(kind, recipient)
    words = Office(LINKS, BASE).words_of(notice, recipient)
    said = f"{words.subject}\n{words.body}"
    for part in (HOSTILE, "zsofia", "wuergler", "ref-of-somebody", "@", "$", "{", "33612345678"):
        assert part not in said
    names_case = kind not in (NoticeKind.CODE, NoticeKind.DIGEST)
    assert f"{BASE}/v1/cases/{CASE}" in said or not names_case
    assert reference(CASE) in words.subject or not names_case
    assert reference(CASE) in words.body


TELLING: Mapping[NoticeKind, tuple[Callable[..., object], Callable[..., object]]] = {
    NoticeKind.ASSIGNED: (on_iscg_assigned, an_assignment),
    NoticeKind.ESCALATED: (on_case_escalated, an_escalation),
    NoticeKind.REFERRAL: (on_referral_sent, a_referral),
    NoticeKind.REMINDER: (on_deadline_neared, a_reminder),
    NoticeKind.MISSED: (on_deadline_missed, a_breach),
    NoticeKind.DIGEST: (on_deadline_missed, a_late_breach),
    NoticeKind.CORRECTED: (on_case_corrected, a_correction),
    NoticeKind.MERGED: (on_case_merged, a_merge),
    NoticeKind.PARTED: (on_case_parted, a_parting),
    NoticeKind.ENDED: (on_case_closed, an_end),
    NoticeKind.GLASS_BROKEN: (on_glass_broken, a_broken_glass),
    NoticeKind.LINK: (on_referral_link_renewed, a_renewal),
    NoticeKind.CODE: (on_access_code_issued, a_code),
    NoticeKind.ANSWERED: (on_referral_answered, an_answer),
    NoticeKind.EXPIRED: (on_referral_expired, an_expiry),
    NoticeKind.CANCELLED: (on_referral_cancelled, a_cancellation),
}


def tell(kind: NoticeKind, recipients: tuple[Recipient, ...], desk: Desk) -> None:
    handle, event = TELLING[kind]
    handle(event(*recipients), desk.work())


MUST_BE_TOLD = {
    NoticeKind.ASSIGNED,
    NoticeKind.ESCALATED,
    NoticeKind.REFERRAL,
    NoticeKind.LINK,
    NoticeKind.CODE,
}


@pytest.mark.parametrize("kind", sorted(set(TELLING) - MUST_BE_TOLD))
def test_what_nobody_must_hear_of_owes_nothing_where_nobody_is_named(kind: NoticeKind) -> None:
    desk = Desk()
    tell(kind, (), desk)
    assert not desk.notices() and not desk.said()


def test_every_kind_of_notice_is_told_by_a_handler() -> None:
    assert set(TELLING) == set(NoticeKind)


def owed(kind: NoticeKind, recipient: Recipient) -> Notice:
    desk = Desk()
    tell(kind, (recipient,), desk)
    [notice] = desk.notices()
    assert notice.is_open()
    return notice


def said(notice: Notice) -> Words:
    return Office(LINKS, BASE).words_of(notice, a_recipient())


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
    on_iscg_assigned(an_assignment().model_copy(update={"test": True}), desk.work())
    assert [notice.test for notice in desk.notices()] == [True]
