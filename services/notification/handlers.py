"""What notification does when something happens to a case: it owes notices, or stops those that it owes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.notification.domain.address import ways_for
from services.notification.domain.hours import next_safe
from services.notification.domain.notice import (
    GATHERED_FOR,
    MOST_AN_HOUR,
    Answering,
    Notice,
    NoticeKind,
    NoticeState,
    gathering_id,
    next_gathering,
    notice_id,
)
from services.notification.domain.routing import (
    KINDS,
    MUST_BE_TOLD,
    TO_PERSON,
    Route,
    Telling,
    nobody_to_tell,
    route_for,
)
from services.notification.domain.stopping import Stop
from services.notification.outcomes import end_notice, keep_new
from services.notification.store import DIGEST, GATHERINGS, LATELY, NOTICES, OF_A_CASE, STOPS
from shared.contracts.blocks import Recipient
from shared.contracts.event import Event
from shared.contracts.events import (
    AccessChanged,
    AccessCodeIssued,
    CaseClosed,
    CaseCorrected,
    CaseErased,
    CaseEscalated,
    CaseMerged,
    ContactStopped,
    ContactStopRequested,
    DeadlineMissed,
    DeadlineNeared,
    PersonNoticeRequested,
    ReferralCancelled,
    ReferralLinkRenewed,
    ReferralSent,
)
from shared.contracts.topics import topic_of
from shared.contracts.vocabulary import NoticeFailure, RecipientRole, Urgency
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key, stream
from shared.delivery.unit import Work

book = Book()
OF_A_REFERRAL = frozenset({NoticeKind.REFERRAL, NoticeKind.REMINDER, NoticeKind.LINK, NoticeKind.CODE})
CAN_WAIT = frozenset({RecipientRole.ISCG, RecipientRole.COVER, RecipientRole.COORDINATOR, RecipientRole.ON_CALL})


def _looked_at(event: Telling, cause: Cause) -> Sequence[Key]:
    told: list[Key] = [(OF_A_CASE, cause.subject)]
    told += [(NOTICES, str(notice_id(cause.id, each.ref))) for each in event.notify or ()]
    for each in event.notify or ():
        if each.role in CAN_WAIT:
            told.append((LATELY, each.ref))
            told += [
                (place, gathering_id(kind, each.ref, test=event.test))
                for kind in GATHERED_FOR
                for place in (GATHERINGS, DIGEST)
            ]
    return told


def tell(event: Telling, work: Work) -> None:
    """Everybody whom an event names is owed a notice; some only where those named before can't be told.

    Where somebody must hear of it and nobody is named, that is a failure which is said. Raises `NothingToTell`.
    """
    kind = KINDS[type(event)]
    routes = [(each, route_for(kind, each.role)) for each in event.notify or ()]
    first = [(recipient, route) for recipient, route in routes if not route.instead]
    if not first and kind in MUST_BE_TOLD:
        nobody = nobody_to_tell(kind)
        first = [(nobody, route_for(kind, nobody.role))]
    stand_ins = [
        _keep_in_reserve(_notice(kind, each, route, event, work), work) for each, route in routes if route.instead
    ]
    for recipient, route in first:
        _owe(_notice(kind, recipient, route, event, work), recipient, event, work, tuple(stand_ins))


for telling in KINDS:
    book.on(telling, needs=_looked_at, opens=("contact",))(tell)


@book.on(ReferralCancelled, needs=_looked_at, opens=("contact",))
def on_referral_cancelled(cancelled: ReferralCancelled, work: Work) -> None:
    """What its partner was still to be told of a referral stops; a partner that may have been told learns the end."""
    may_know = [each for each in cancelled.notify or () if not _stop_referral(each.ref, work)]
    tell(cancelled.model_copy(update={"notify": tuple(may_know)}), work)


@book.on(CaseCorrected, needs=_looked_at, opens=("contact",))
def on_case_corrected(corrected: CaseCorrected, work: Work) -> None:
    """Her contact may be another now: what was still to be written to her stops, and whoever asked for it is told."""
    for notice in _to_person(work):
        end_notice(notice.stopped(), work)
    tell(corrected, work)


@book.on(CaseClosed, needs=_looked_at, opens=("contact",))
def on_case_closed(closed: CaseClosed, work: Work) -> None:
    """Nothing is written to a person whose case has ended."""
    _stop_writing(work)
    tell(closed, work)


@book.on(CaseMerged, needs=_looked_at, opens=("contact",))
def on_case_merged(merged: CaseMerged, work: Work) -> None:
    """Whoever holds the survivor decides what is written to the person."""
    _stop_writing(work)
    tell(merged, work)


@book.on(CaseErased, needs=lambda _event, cause: [(OF_A_CASE, cause.subject)])
def on_case_erased(_erased: CaseErased, work: Work) -> None:
    """Nobody is told of a case that is erased: what is still owed because of it stops."""
    for notice in _of_case(work):
        # A digest tells of others too, and of this one no more than a reference.
        if not notice.cases:
            cancel(notice, work)


@book.on(
    ContactStopRequested,
    needs=lambda asked, cause: [
        (STOPS, str(asked.stop_id)),
        (OF_A_CASE, cause.subject),
        stream(topic_of(ContactStopped), cause.subject),
    ],
)
def on_contact_stop_requested(asked: ContactStopRequested, work: Work) -> None:
    """Nothing more is written to the person. It is said once nothing more can leave: after what has begun has ended."""
    if work.get(STOPS, asked.stop_id):
        return
    awaits = _stop_writing(work, asked.stop_id)
    work.put(STOPS, asked.stop_id, Stop(id=asked.stop_id, case_id=UUID(work.cause.subject), awaits=awaits))
    if not awaits:
        work.say(ContactStopped(stop_id=asked.stop_id), work.cause.subject, correlation=work.cause.subject)


def cancel(notice: Notice, work: Work) -> None:
    """Nobody is told of it any more. One that is with its provider ends with this attempt."""
    if notice.is_open() or notice.state is NoticeState.STANDBY:
        work.put(NOTICES, notice.id, notice.cancelled())


def _of_case(work: Work) -> list[Notice]:
    return [found for id_ in work.get(OF_A_CASE, work.cause.subject) or () if (found := work.get(NOTICES, id_))]


def _to_person(work: Work) -> list[Notice]:
    return [each for each in _of_case(work) if each.is_to_person and each.is_open()]


def _stop_writing(work: Work, stop_id: UUID | None = None) -> tuple[UUID, ...]:
    """Let nothing more go to the person, and nobody be told of that: whoever caused it knows. What is on its way."""
    for notice in (stopped := [each.stopped(stop_id) for each in _to_person(work)]):
        end_notice(notice.model_copy(update={"stand_ins": ()}), work)
    return tuple(each.id for each in stopped if each.is_open())


def _stop_referral(ref: str, work: Work) -> bool:
    """Let nothing more of a referral go to this recipient. Whether it was never told of it at all."""
    referral = [each for each in _of_case(work) if each.ref == ref and each.kind in OF_A_REFERRAL]
    for notice in referral:
        if notice.is_open():
            cancel(notice, work)
    return bool(referral) and all(each.is_open() and each.attempts == 0 for each in referral)


def _keep_in_reserve(notice: Notice, work: Work) -> UUID:
    if not work.get(NOTICES, notice.id):
        keep_new(notice.kept_in_reserve(), work)
    return notice.id


def _owe(notice: Notice, recipient: Recipient, event: Telling, work: Work, stand_ins: tuple[UUID, ...]) -> None:
    ways = ways_for(notice.kind, recipient)
    if work.get(NOTICES, notice.id):
        return
    if ways and (gathered := _gathered_as(recipient, event, work)):
        _gather(gathered, recipient, event, work, stand_ins)
        return
    notice = notice.model_copy(update={"stand_ins": stand_ins})
    if not ways:
        keep_new(notice.failed(NoticeFailure.NO_SAFE_WAY if notice.is_to_person else NoticeFailure.NO_CHANNEL), work)
        return
    first, *more = (each.channel for each in ways)
    notice = notice.model_copy(update={"channel": first, "more": tuple(more)})
    if notice.is_to_person and isinstance(event, PersonNoticeRequested):
        notice = _in_her_hours(notice, recipient, event)
    keep_new(notice, work)


def _in_her_hours(notice: Notice, person: Recipient, asked: PersonNoticeRequested) -> Notice:
    """It waits for her safe hours, and is worth something for a while from then on."""
    due_at = next_safe(person.safe, max(asked.not_before, notice.owed_at)) if person.safe else None
    if due_at is None:
        return notice.failed(NoticeFailure.NO_SAFE_WAY)
    return notice.model_copy(update={"due_at": due_at, "not_after": due_at + timedelta(minutes=asked.valid_for)})


def _gathered_as(recipient: Recipient, event: Telling, work: Work) -> NoticeKind | None:
    """As what this recipient may learn of it together with much else; a mail for each would bury her."""
    is_of_no_case = isinstance(event, AccessChanged)
    if recipient.role not in CAN_WAIT or is_of_no_case or _urgency(event) is Urgency.IMMEDIATE:
        return None
    is_late = isinstance(event, CaseEscalated | DeadlineNeared | DeadlineMissed) and event.late
    if is_late and recipient.role is RecipientRole.COORDINATOR:
        return NoticeKind.DIGEST
    lately = work.get(LATELY, recipient.ref) or 0
    work.put(LATELY, recipient.ref, lately + 1)
    return NoticeKind.GATHERED if lately >= MOST_AN_HOUR else None


def _gather(kind: NoticeKind, recipient: Recipient, event: Telling, work: Work, stand_ins: tuple[UUID, ...]) -> None:
    """Tell of it in the recipient's digest, which goes when no more is to be expected."""
    notice, at = _notice(kind, recipient, route_for(kind, recipient.role), event, work), work.cause.at
    notice = notice.model_copy(update={"stand_ins": stand_ins})
    first, *more = (each.channel for each in ways_for(kind, recipient))
    id_ = gathering_id(kind, recipient.ref, test=event.test)
    last = work.get(GATHERINGS, id_)
    digest = work.get(NOTICES, last.digest_id) if last else None
    if digest and digest.gathers():
        work.put(NOTICES, digest.id, digest.with_case_of(notice))
        return
    gathering = next_gathering(id_, last)
    ways = {"channel": first, "more": tuple(more), "urgency": None}
    members = {"id": gathering.digest_id, "cases": (notice.case_id,), "due_at": at + GATHERED_FOR[kind]}
    work.put(NOTICES, gathering.digest_id, notice.model_copy(update=ways | members))
    work.put(GATHERINGS, id_, gathering)


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


def _urgency(event: Event) -> Urgency | None:
    return getattr(event, "urgency", None)


def _notice(kind: NoticeKind, recipient: Recipient, route: Route, event: Telling, work: Work) -> Notice:
    cause, template = work.cause, route.template
    if isinstance(event, PersonNoticeRequested) and recipient.role is RecipientRole.PERSON:
        template = TO_PERSON[event.words]
    return Notice(
        id=notice_id(cause.id, recipient.ref),
        case_id=UUID(cause.subject),
        kind=kind,
        ref=recipient.ref,
        role=recipient.role,
        template=template.name,
        template_version=template.version,
        language=recipient.language,
        urgency=_urgency(event),
        test=event.test,
        about=_answering(event),
        code=event.counter if isinstance(event, AccessCodeIssued) else None,
        sealed=cause.sealed.get("notify"),
        owed_at=cause.at,
        due_at=cause.at,
        trace=cause.trace,
    )
