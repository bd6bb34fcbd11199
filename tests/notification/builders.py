"""Recipients, events and desks, so that a test says only what it is about."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.notification.domain.notice import Notice, NoticeKind, Patience
from services.notification.store import NOTICES, OF_A_CASE
from shared.contracts.blocks import Answered, Channel, Recipient, SafeHours
from shared.contracts.event import Event
from shared.contracts.events import (
    AccessChanged,
    AccessCodeIssued,
    CaseClosed,
    CaseCorrected,
    CaseEscalated,
    CaseMerged,
    CaseParted,
    DeadlineMissed,
    DeadlineNeared,
    GlassBroken,
    IscgAssigned,
    PersonNoticeRequested,
    ReferralAnswered,
    ReferralCancelled,
    ReferralExpired,
    ReferralLinkRenewed,
    ReferralSent,
)
from shared.contracts.vocabulary import (
    CancelReason,
    CaseOutcome,
    DeadlineKind,
    EscalationReason,
    NoticeChannel,
    PartnerAnswer,
    PersonWords,
    RecipientRole,
    RosterReason,
    Urgency,
)
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key, Tracked
from shared.delivery.unit import Unit, Work

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CASE, CAUSE, ASSIGNMENT = UUID(int=1), UUID(int=2), UUID(int=3)
SEALED = b64encode(b"a sealed block").decode()
SECOND = timedelta(seconds=1)
PATIENCE = Patience(attempts=3, first_wait=2 * SECOND, longest_wait=60 * SECOND, one_sending=20 * SECOND)


def a_recipient(
    ref: str = "iscg-31-a",
    role: RecipientRole = RecipientRole.ISCG,
    value: str | None = None,
    phone: str | None = None,
    **changes: Any,
) -> Recipient:
    """Somebody who reads mails, and text messages if there is a phone."""
    mail = Channel(channel=NoticeChannel.EMAIL, value=value or f"{ref}@relais.example")
    channels = (mail, Channel(channel=NoticeChannel.SMS, value=phone)) if phone else (mail,)
    return Recipient(ref=ref, role=role, **({"channels": channels} | changes))


def an_assignment(*recipients: Recipient, urgency: Urgency = Urgency.URGENT) -> IscgAssigned:
    """An ISCG was given a case."""
    notify = recipients or (a_recipient(),)
    return IscgAssigned(
        assignment_id=ASSIGNMENT, post_id="post-31-1", iscg_id="iscg-31-a", urgency=urgency, notify=notify
    )


def an_escalation(*recipients: Recipient) -> CaseEscalated:
    """Nobody could be given a case."""
    return CaseEscalated(reason=EscalationReason.NOBODY, urgency=Urgency.IMMEDIATE, notify=recipients)


def a_referral(*recipients: Recipient) -> ReferralSent:
    """A partner was asked."""
    return ReferralSent(referral_id=UUID(int=4), answer_by=MONDAY + timedelta(days=30), notify=recipients)


def a_renewal(*recipients: Recipient) -> ReferralLinkRenewed:
    """A partner gets another link."""
    return ReferralLinkRenewed(referral_id=UUID(int=4), link=2, notify=recipients)


def a_code(*recipients: Recipient) -> AccessCodeIssued:
    """A partner asked for its first code."""
    return AccessCodeIssued(referral_id=UUID(int=4), counter=1, expires_at=MONDAY, notify=recipients)


def a_correction(*recipients: Recipient) -> CaseCorrected:
    """A station has corrected its report."""
    return CaseCorrected(revision=2, may_conflict=True, notify=recipients)


def a_merge(*recipients: Recipient) -> CaseMerged:
    """A case was a duplicate of another one."""
    return CaseMerged(into=UUID(int=5), notify=recipients)


def a_parting(*recipients: Recipient) -> CaseParted:
    """A case was no duplicate."""
    return CaseParted(survivor=UUID(int=5), notify=recipients)


def a_reminder(*recipients: Recipient) -> DeadlineNeared:
    """Half of the time to accept is over."""
    return DeadlineNeared(kind=DeadlineKind.TO_BE_ACCEPTED, due_at=MONDAY, notify=recipients)


def a_breach(*recipients: Recipient) -> DeadlineMissed:
    """The time for the first contact is over."""
    return DeadlineMissed(kind=DeadlineKind.FIRST_CONTACT, due_at=MONDAY, notify=recipients)


def a_late_breach(*recipients: Recipient) -> DeadlineMissed:
    """The same, told after an outage."""
    return a_breach(*recipients).model_copy(update={"late": True})


def an_answer(*recipients: Recipient) -> ReferralAnswered:
    """A partner has accepted."""
    file = Answered(answer=PartnerAnswer.ACCEPTED)
    return ReferralAnswered(referral_id=UUID(int=4), notify=recipients, file=file)


def an_expiry(*recipients: Recipient) -> ReferralExpired:
    """A partner has not answered."""
    return ReferralExpired(referral_id=UUID(int=4), notify=recipients)


def a_cancellation(*recipients: Recipient) -> ReferralCancelled:
    """The person has withdrawn her consent."""
    return ReferralCancelled(referral_id=UUID(int=4), reason=CancelReason.CONSENT_WITHDRAWN, notify=recipients)


def a_broken_glass(*recipients: Recipient) -> GlassBroken:
    """Somebody of elsewhere looks at a case."""
    return GlassBroken(opening_id=UUID(int=8), until=MONDAY, notify=recipients)


def an_access_change(*recipients: Recipient) -> AccessChanged:
    """Somebody of the roster signs in otherwise."""
    return AccessChanged(holder_id="iscg-1", reached_before="0" * 64, reason=RosterReason.SIGN_IN, notify=recipients)


def a_request(*recipients: Recipient, **changes: Any) -> PersonNoticeRequested:
    """An ISCG asks that the person be written to."""
    members: dict[str, Any] = {"words": PersonWords.CALL_BACK, "contact_version": 1, "not_before": MONDAY}
    return PersonNoticeRequested(request_id=UUID(int=6), notify=recipients, **(members | changes))


def a_person(channel: NoticeChannel = NoticeChannel.SMS, value: str = "+33612345678", **hours: Any) -> Recipient:
    """The person concerned, who may be written to in her safe hours."""
    safe = SafeHours(**({"zone": "Europe/Paris"} | hours))
    ways = (Channel(channel=channel, value=value),)
    return Recipient(ref="person", role=RecipientRole.PERSON, channels=ways, safe=safe)


def an_end(*recipients: Recipient) -> CaseClosed:
    """The station has cancelled a case."""
    return CaseClosed(outcome=CaseOutcome.CANCELLED, notify=recipients)


def a_notice(role: RecipientRole = RecipientRole.ISCG, **changes: Any) -> Notice:
    """A notice that is owed."""
    members: dict[str, Any] = {"language": "fr", "urgency": Urgency.URGENT, "sealed": SEALED, "due_at": MONDAY}
    return Notice(
        id=UUID(int=5),
        case_id=CASE,
        kind=NoticeKind.ASSIGNED,
        ref="iscg-31-a",
        role=role,
        template="iscg-assigned",
        template_version=1,
        owed_at=MONDAY,
        **(members | changes),
    )


class Desk:
    """A unit of work in memory: the notices that stand there, and what is said."""

    def __init__(self, *notices: Notice) -> None:
        self.unit = Unit("notification", {})
        for notice in notices:
            key: Key = (NOTICES, str(notice.id))
            self.unit.states[key] = Tracked(key, notice)

    def work(self, at: datetime = MONDAY) -> Work:
        """A handler's desk, for an event or a tick of this case."""
        return Work(self.unit, Cause(CAUSE, at, str(CASE), sealed={"notify": SEALED}))

    def lay_of_a_case(self, *notices: Notice) -> None:
        """Have the case know of these notices."""
        key: Key = (OF_A_CASE, str(CASE))
        self.unit.states[key] = Tracked(key, tuple(str(each.id) for each in notices))

    def notices(self) -> list[Notice]:
        """The notices as they stand now."""
        return [each.state for each in self.unit.states.values() if each.key[0] is NOTICES and each.state]

    def said(self) -> list[Event]:
        """The events said so far."""
        return [each.event for each in self.unit.said]
