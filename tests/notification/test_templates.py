"""What notices say, and above all what they never say."""

from collections.abc import Callable, Mapping
from itertools import product
from string import Template as Text
from uuid import UUID, uuid4

import pytest

from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.reference import ALPHABET, reference
from services.notification.domain.routing import ROUTES
from services.notification.domain.templates import TEMPLATES, Template
from services.notification.handlers import (
    on_case_closed,
    on_case_escalated,
    on_deadline_missed,
    on_deadline_neared,
    on_glass_broken,
    on_iscg_assigned,
    on_referral_answered,
    on_referral_cancelled,
    on_referral_expired,
    on_referral_sent,
)
from services.notification.letters import words_of
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import RecipientRole, Urgency
from tests.notification.builders import (
    CASE,
    Desk,
    a_breach,
    a_broken_glass,
    a_cancellation,
    a_notice,
    a_recipient,
    a_referral,
    a_reminder,
    an_answer,
    an_assignment,
    an_end,
    an_escalation,
    an_expiry,
)

BASE = "https://relais.example"
HOSTILE = "zsofia.$reference.{link}.%s.wuergler"
MAY_BE_PUT_IN = {"reference", "urgency", "link"}


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
    notice = owed(kind, a_recipient("ref-of-somebody", role, f"{HOSTILE}@relais.example", language=language))
    words = words_of(notice, BASE)
    said = f"{words.subject}\n{words.body}"
    for part in (HOSTILE, "zsofia", "wuergler", "ref-of-somebody", "@", "$", "{"):
        assert part not in said
    assert f"{BASE}/v1/cases/{CASE}" in said
    assert reference(CASE) in words.subject
    assert reference(CASE) in words.body


TELLING: Mapping[NoticeKind, tuple[Callable[..., object], Callable[..., object]]] = {
    NoticeKind.ASSIGNED: (on_iscg_assigned, an_assignment),
    NoticeKind.ESCALATED: (on_case_escalated, an_escalation),
    NoticeKind.REFERRAL: (on_referral_sent, a_referral),
    NoticeKind.REMINDER: (on_deadline_neared, a_reminder),
    NoticeKind.MISSED: (on_deadline_missed, a_breach),
    NoticeKind.ENDED: (on_case_closed, an_end),
    NoticeKind.GLASS_BROKEN: (on_glass_broken, a_broken_glass),
    NoticeKind.ANSWERED: (on_referral_answered, an_answer),
    NoticeKind.EXPIRED: (on_referral_expired, an_expiry),
    NoticeKind.CANCELLED: (on_referral_cancelled, a_cancellation),
}


def tell(kind: NoticeKind, recipients: tuple[Recipient, ...], desk: Desk) -> None:
    handle, event = TELLING[kind]
    handle(event(*recipients), desk.work())


@pytest.mark.parametrize(
    "kind", sorted(set(TELLING) - {NoticeKind.ASSIGNED, NoticeKind.ESCALATED, NoticeKind.REFERRAL})
)
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


@pytest.mark.parametrize(("language", "urgency"), [("fr", "immédiat"), ("en-GB", "immediate"), ("so", "immédiat")])
def test_a_mail_is_french_unless_its_reader_reads_english(language: str, urgency: str) -> None:
    words = words_of(a_notice(language=language, urgency=Urgency.IMMEDIATE), BASE)
    assert urgency in words.subject
    assert urgency in words.body


def test_a_reference_is_the_same_in_all_notices_of_a_case() -> None:
    case_id = uuid4()
    assert reference(case_id) == reference(UUID(str(case_id)))
    assert set(reference(case_id)) <= set(f"{ALPHABET}-")
    assert len(reference(case_id)) == len("7K3Q-M9TX")


@pytest.mark.parametrize(("language", "mark", "said"), [("fr", "[ESSAI]", "ESSAI"), ("en", "[TEST]", "TEST")])
def test_a_test_is_marked_where_it_is_seen_first(language: str, mark: str, said: str) -> None:
    words = words_of(a_notice(language=language, test=True), BASE)
    assert words.subject.startswith(f"{mark} Relais")
    assert said in words.body.splitlines()[0]
    assert mark not in words_of(a_notice(language=language), BASE).subject


def test_what_is_said_of_a_test_owes_a_notice_that_is_marked() -> None:
    desk = Desk()
    on_iscg_assigned(an_assignment().model_copy(update={"test": True}), desk.work())
    assert [notice.test for notice in desk.notices()] == [True]
