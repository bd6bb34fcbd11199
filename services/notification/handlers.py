"""What notification does when something happens to a case: it owes notices, and sends nothing yet."""

from collections.abc import Sequence
from uuid import UUID

from services.notification.domain import facts
from services.notification.domain.address import mail_address
from services.notification.domain.notice import Notice, NoticeKind, notice_id
from services.notification.domain.routing import template_for
from services.notification.store import NOTICES
from shared.contracts.blocks import Recipient
from shared.contracts.events import CaseEscalated, IscgAssigned, ReferralSent
from shared.contracts.vocabulary import NoticeFailure, Urgency
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work

book = Book()


def _looked_at(event: IscgAssigned | CaseEscalated | ReferralSent, cause: Cause) -> Sequence[Key]:
    return [(NOTICES, str(notice_id(cause.id, each.ref))) for each in event.notify or ()]


@book.on(IscgAssigned, needs=_looked_at, opens=("contact",))
def on_iscg_assigned(assigned: IscgAssigned, work: Work) -> None:
    """The ISCG must learn that a person waits for her."""
    _owe(NoticeKind.ASSIGNED, assigned.notify, work, assigned.urgency)


@book.on(CaseEscalated, needs=_looked_at, opens=("contact",))
def on_case_escalated(escalated: CaseEscalated, work: Work) -> None:
    """The coordinator, and whoever is on call, must learn that nobody holds the case."""
    _owe(NoticeKind.ESCALATED, escalated.notify, work, escalated.urgency)


@book.on(ReferralSent, needs=_looked_at, opens=("contact",))
def on_referral_sent(referral: ReferralSent, work: Work) -> None:
    """The partner must learn that it is asked to help."""
    _owe(NoticeKind.REFERRAL, referral.notify, work)


def _owe(kind: NoticeKind, recipients: Sequence[Recipient] | None, work: Work, urgency: Urgency | None = None) -> None:
    for recipient in recipients or ():
        notice = _notice(kind, recipient, work, urgency)
        if work.get(NOTICES, notice.id):
            continue
        if mail_address(recipient) is None:
            notice = notice.failed(NoticeFailure.NO_CHANNEL)
        work.put(NOTICES, notice.id, notice)
        say_outcome(notice, work)


def say_outcome(notice: Notice, work: Work) -> None:
    """Say how a notice has ended, if it has."""
    if fact := facts.outcome(notice):
        # Counted by case, not by notice: a case's notices share one subject, and readers count by subject.
        work.say(fact, notice.case_id, correlation=notice.case_id)


def _notice(kind: NoticeKind, recipient: Recipient, work: Work, urgency: Urgency | None) -> Notice:
    template, cause = template_for(kind, recipient.role), work.cause
    return Notice(
        id=notice_id(cause.id, recipient.ref),
        case_id=UUID(cause.subject),
        kind=kind,
        ref=recipient.ref,
        role=recipient.role,
        template=template.name,
        template_version=template.version,
        language=recipient.language,
        urgency=urgency,
        sealed=cause.sealed["notify"],
        owed_at=cause.at,
        due_at=cause.at,
        trace=cause.trace,
    )
