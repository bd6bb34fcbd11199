"""What notification does when something happens to a case (it owes notices), and when one of them is sent."""

from collections.abc import Sequence
from itertools import count
from uuid import UUID

from services.notification.domain import facts
from services.notification.domain.address import channel_for
from services.notification.domain.notice import (
    GATHERED_FOR,
    Answering,
    Handover,
    Notice,
    NoticeKind,
    NoticeState,
    Patience,
    digest_id,
    notice_id,
)
from services.notification.domain.routing import nobody_to_tell, template_for
from services.notification.store import NOTICES, OF_A_CASE
from shared.contracts.blocks import Recipient
from shared.contracts.events import (
    AccessCodeIssued,
    CaseClosed,
    CaseCorrected,
    CaseErased,
    CaseEscalated,
    CaseMerged,
    CaseParted,
    DeadlineMissed,
    DeadlineNeared,
    GlassBroken,
    IscgAssigned,
    ReferralAnswered,
    ReferralCancelled,
    ReferralExpired,
    ReferralLinkRenewed,
    ReferralSent,
)
from shared.contracts.vocabulary import NoticeFailure, RecipientRole, Urgency
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work

book = Book()
OF_A_REFERRAL = frozenset({NoticeKind.REFERRAL, NoticeKind.REMINDER, NoticeKind.LINK, NoticeKind.CODE})


Telling = (
    IscgAssigned
    | CaseEscalated
    | DeadlineNeared
    | DeadlineMissed
    | CaseCorrected
    | CaseMerged
    | CaseParted
    | CaseClosed
    | ReferralSent
    | ReferralLinkRenewed
    | AccessCodeIssued
    | ReferralAnswered
    | ReferralExpired
    | ReferralCancelled
    | GlassBroken
)


def _looked_at(event: Telling, cause: Cause) -> Sequence[Key]:
    ids = [
        digest_id(each.ref, cause.at, 1, test=event.test) if _may_wait(each, event) else notice_id(cause.id, each.ref)
        for each in event.notify or ()
    ]
    return [(NOTICES, str(id_)) for id_ in ids]


@book.on(IscgAssigned, needs=_looked_at, opens=("contact",))
def on_iscg_assigned(assigned: IscgAssigned, work: Work) -> None:
    """The ISCG must learn that a person waits for her."""
    _owe(NoticeKind.ASSIGNED, assigned, work, assigned.urgency)


@book.on(CaseEscalated, needs=_looked_at, opens=("contact",))
def on_case_escalated(escalated: CaseEscalated, work: Work) -> None:
    """The coordinator, and whoever is on call, must learn that nobody holds the case."""
    _owe(NoticeKind.ESCALATED, escalated, work, escalated.urgency)


@book.on(ReferralSent, needs=_looked_at, opens=("contact",))
def on_referral_sent(referral: ReferralSent, work: Work) -> None:
    """The partner must learn that it is asked to help."""
    _owe(NoticeKind.REFERRAL, referral, work)


@book.on(ReferralLinkRenewed, needs=_looked_at, opens=("contact",))
def on_referral_link_renewed(renewed: ReferralLinkRenewed, work: Work) -> None:
    """The partner must get the link by which it answers from now on."""
    _owe(NoticeKind.LINK, renewed, work)


@book.on(AccessCodeIssued, needs=_looked_at, opens=("contact",))
def on_access_code_issued(issued: AccessCodeIssued, work: Work) -> None:
    """Whoever holds a partner's link must get the code for it, by another way."""
    _owe(NoticeKind.CODE, issued, work)


@book.on(DeadlineNeared, needs=_looked_at, opens=("contact",))
def on_deadline_neared(neared: DeadlineNeared, work: Work) -> None:
    """Whoever has to act must be reminded that half of the time is over."""
    _owe_each(NoticeKind.REMINDER, neared, work)


@book.on(DeadlineMissed, needs=_looked_at, opens=("contact",))
def on_deadline_missed(missed: DeadlineMissed, work: Work) -> None:
    """Whoever has to act, or to see to it, must learn that the time is over."""
    _owe_each(NoticeKind.MISSED, missed, work)


@book.on(CaseCorrected, needs=_looked_at, opens=("contact",))
def on_case_corrected(corrected: CaseCorrected, work: Work) -> None:
    """Whoever holds the case must learn that its station says it anew."""
    _owe_each(NoticeKind.CORRECTED, corrected, work)


@book.on(CaseMerged, needs=_looked_at, opens=("contact",))
def on_case_merged(merged: CaseMerged, work: Work) -> None:
    """Who held either case must learn that one of them is a duplicate."""
    _owe_each(NoticeKind.MERGED, merged, work)


@book.on(CaseParted, needs=_looked_at, opens=("contact",))
def on_case_parted(parted: CaseParted, work: Work) -> None:
    """Whoever saw to both must learn that one of them was no duplicate, and is seen to by others."""
    _owe_each(NoticeKind.PARTED, parted, work)


@book.on(CaseClosed, needs=_looked_at, opens=("contact",))
def on_case_closed(closed: CaseClosed, work: Work) -> None:
    """Whoever held the case and did not end it herself must learn that nothing is left to do."""
    _owe_each(NoticeKind.ENDED, closed, work)


@book.on(ReferralAnswered, needs=_looked_at, opens=("contact",))
def on_referral_answered(answered: ReferralAnswered, work: Work) -> None:
    """Every answer of a partner reaches the ISCG."""
    _owe_each(NoticeKind.ANSWERED, answered, work)


@book.on(ReferralExpired, needs=_looked_at, opens=("contact",))
def on_referral_expired(expired: ReferralExpired, work: Work) -> None:
    """The ISCG must learn that a partner has not answered."""
    _owe_each(NoticeKind.EXPIRED, expired, work)


@book.on(ReferralCancelled, needs=_looked_at, opens=("contact",))
def on_referral_cancelled(cancelled: ReferralCancelled, work: Work) -> None:
    """What its partner was still to be told of a referral stops; a partner that may have been told learns the end."""
    for recipient in cancelled.notify or ():
        if not _stop(recipient.ref, work):
            _owe_one(NoticeKind.CANCELLED, recipient, cancelled, work)


@book.on(GlassBroken, needs=_looked_at, opens=("contact",))
def on_glass_broken(broken: GlassBroken, work: Work) -> None:
    """Whoever holds the case, and its coordinator, must learn that somebody else looks at it."""
    _owe_each(NoticeKind.GLASS_BROKEN, broken, work)


@book.on(CaseErased)
def on_case_erased(_erased: CaseErased, work: Work) -> None:
    """Nobody is told of a case that is erased: what is still owed because of it stops."""
    for id_ in work.get(OF_A_CASE, work.cause.subject) or ():
        notice = work.get(NOTICES, id_)
        # A digest tells of others too, and of this one no more than a reference.
        if notice and not notice.cases:
            cancel_sending(notice.id, work)


def begin_sending(notice_id: UUID, n: int, work: Work, patience: Patience) -> Notice | None:
    """Mark that the n-th attempt begins. The notice to send, unless another instance has it or its time is not come."""
    notice = work.get(NOTICES, notice_id)
    if notice is None or not notice.can_begin(n):
        return None
    if notice.state is NoticeState.SENDING:
        # Whoever was sending it died over it: it may have gone.
        _end(notice.ended(Handover.UNKNOWN, work.cause.at, patience), work)
        return None
    begun = notice.begun(work.cause.at, patience)
    work.put(NOTICES, notice_id, begun)
    return begun


def end_sending(notice_id: UUID, n: int, handover: Handover, work: Work, patience: Patience) -> None:
    """Keep and say how the n-th attempt ended. One that a later one has overtaken counts only if it told somebody."""
    notice = work.get(NOTICES, notice_id)
    if notice and notice.is_open() and (notice.attempts == n or handover is Handover.TAKEN):
        _end(notice.ended(handover, work.cause.at, patience), work)


def cancel_sending(notice_id: UUID, work: Work) -> None:
    """Nobody is told of a case that is erased."""
    notice = work.get(NOTICES, notice_id)
    if notice and notice.is_open():
        work.put(NOTICES, notice_id, notice.cancelled())


def _stop(ref: str, work: Work) -> bool:
    """Let nothing more of a referral go to this recipient. Whether it was never told of it at all."""
    about = [work.get(NOTICES, id_) for id_ in work.get(OF_A_CASE, work.cause.subject) or ()]
    referral = [each for each in about if each and each.ref == ref and each.kind in OF_A_REFERRAL]
    for notice in referral:
        cancel_sending(notice.id, work)
    return bool(referral) and all(each.is_open() and each.attempts == 0 for each in referral)


def _owe(kind: NoticeKind, event: Telling, work: Work, urgency: Urgency | None = None) -> None:
    """Somebody must hear of it: where nobody is named, that is a failure which is said."""
    for recipient in event.notify or (nobody_to_tell(kind),):
        _owe_one(kind, recipient, event, work, urgency)


def _owe_each(kind: NoticeKind, event: Telling, work: Work) -> None:
    """Whoever is named must hear of it; often nobody is."""
    for recipient in event.notify or ():
        _owe_one(kind, recipient, event, work)


def _owe_one(
    kind: NoticeKind, recipient: Recipient, event: Telling, work: Work, urgency: Urgency | None = None
) -> None:
    notice, way = _notice(kind, recipient, work, event, urgency), channel_for(kind, recipient)
    if _may_wait(recipient, event) and way:
        _gather(recipient, event, work)
    elif not work.get(NOTICES, notice.id):
        going = notice.model_copy(update={"channel": way.channel}) if way else notice.failed(NoticeFailure.NO_CHANNEL)
        _end(going, work)


def _may_wait(recipient: Recipient, event: Telling) -> bool:
    """Whether a coordinator may learn of it with much else that is late; a mail for each case would bury her."""
    is_late = isinstance(event, CaseEscalated | DeadlineNeared | DeadlineMissed) and event.late
    is_immediate = isinstance(event, CaseEscalated) and event.urgency is Urgency.IMMEDIATE
    return is_late and not is_immediate and recipient.role is RecipientRole.COORDINATOR


def _gather(recipient: Recipient, event: Telling, work: Work) -> None:
    """Tell of it in the recipient's digest, which goes when no more is to be expected."""
    notice, at = _notice(NoticeKind.DIGEST, recipient, work, event, None), work.cause.at
    for n in count(1):
        id_ = digest_id(recipient.ref, at, n, test=event.test)
        digest = work.get(NOTICES, id_)
        if digest is None:
            members = {"id": id_, "cases": (notice.case_id,), "due_at": at + GATHERED_FOR}
            work.put(NOTICES, id_, notice.model_copy(update=members))
        elif digest.gathers():
            work.put(NOTICES, id_, digest.with_case_of(notice))
        elif notice.case_id not in digest.cases:
            continue
        break


def _end(notice: Notice, work: Work) -> None:
    """Keep what became of a notice, and say it of each case that it tells of if that is its end."""
    work.put(NOTICES, notice.id, notice)
    if fact := facts.outcome(notice):
        # Counted by case, not by notice: a case's notices share one subject, and readers count by subject.
        for case_id in notice.tells_of:
            work.say(fact, case_id, correlation=case_id)


def _answering(event: Telling) -> Answering | None:
    match event:
        case ReferralSent():
            return Answering(referral_id=event.referral_id, link=1)
        case ReferralLinkRenewed() | DeadlineNeared() if event.referral_id and event.link:
            return Answering(referral_id=event.referral_id, link=event.link)
        case AccessCodeIssued() | ReferralCancelled():
            return Answering(referral_id=event.referral_id)
        case _:
            return None


def _notice(kind: NoticeKind, recipient: Recipient, work: Work, event: Telling, urgency: Urgency | None) -> Notice:
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
        test=event.test,
        about=_answering(event),
        code=event.counter if isinstance(event, AccessCodeIssued) else None,
        sealed=cause.sealed.get("notify"),
        owed_at=cause.at,
        due_at=cause.at,
        trace=cause.trace,
    )
