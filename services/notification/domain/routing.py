"""Who is told what: every event of `relais.cases`, and every role that hears of it, in tables."""

from collections.abc import Mapping
from types import MappingProxyType

from services.notification.domain import templates
from services.notification.domain.notice import NoticeKind
from services.notification.domain.templates import Template
from shared.contracts import events as e
from shared.contracts.blocks import Recipient
from shared.contracts.event import Event
from shared.contracts.fields import Block
from shared.contracts.vocabulary import PersonWords, RecipientRole

Telling = (
    e.IscgAssigned
    | e.CaseEscalated
    | e.DeadlineNeared
    | e.DeadlineMissed
    | e.CaseCorrected
    | e.CaseMerged
    | e.CaseParted
    | e.CaseClosed
    | e.ReferralSent
    | e.ReferralLinkRenewed
    | e.AccessCodeIssued
    | e.ReferralAnswered
    | e.ReferralExpired
    | e.ReferralCancelled
    | e.GlassBroken
    | e.PersonNoticeRequested
    | e.AccessChanged
)

KINDS: Mapping[type[Telling], NoticeKind] = MappingProxyType(
    {
        e.IscgAssigned: NoticeKind.ASSIGNED,
        e.CaseEscalated: NoticeKind.ESCALATED,
        e.DeadlineNeared: NoticeKind.REMINDER,
        e.DeadlineMissed: NoticeKind.MISSED,
        e.CaseCorrected: NoticeKind.CORRECTED,
        e.CaseMerged: NoticeKind.MERGED,
        e.CaseParted: NoticeKind.PARTED,
        e.CaseClosed: NoticeKind.ENDED,
        e.GlassBroken: NoticeKind.GLASS_BROKEN,
        e.ReferralSent: NoticeKind.REFERRAL,
        e.ReferralLinkRenewed: NoticeKind.LINK,
        e.AccessCodeIssued: NoticeKind.CODE,
        e.ReferralAnswered: NoticeKind.ANSWERED,
        e.ReferralExpired: NoticeKind.EXPIRED,
        e.ReferralCancelled: NoticeKind.CANCELLED,
        e.PersonNoticeRequested: NoticeKind.PERSON,
        e.AccessChanged: NoticeKind.ACCESS_CHANGED,
    }
)
"""The events of which somebody is told."""

MUST_BE_TOLD = frozenset(
    {
        NoticeKind.ASSIGNED,
        NoticeKind.ESCALATED,
        NoticeKind.REFERRAL,
        NoticeKind.LINK,
        NoticeKind.CODE,
        NoticeKind.PERSON,
    }
)
"""Where such an event names nobody, that is a failure which is said. Of the others often nobody needs to hear."""

UNTOLD: Mapping[type[Event], str] = MappingProxyType(
    {
        e.CaseOpened: "IscgAssigned or CaseEscalated follows at once",
        e.CaseLinkChanged: "whoever linked the cases sees it on the case",
        e.IscgAccepted: "she has done it herself",
        e.IscgDeclined: "IscgAssigned or CaseEscalated follows at once",
        e.ContactAttempted: "she has noted it herself",
        e.InterviewHeld: "she has noted it herself",
        e.PersonNotReached: "the station sees it in its report's standing",
        e.ConsentCollected: "she has collected it herself; what ends by it is said as CaseClosed or ReferralCancelled",
        e.NeedsAssessed: "she has assessed them herself",
        e.CaseErased: "nobody is told; what is still owed because of it stops",
        e.ContactStopRequested: "nobody is told; ContactStopped answers",
        e.LegalHoldChanged: "the coordinator has decided it herself",
        e.PostChanged: "AccessChanged follows where somebody signs in or is told otherwise",
        e.CoordinatorChanged: "AccessChanged follows where somebody signs in or is told otherwise",
        e.TerritoryChanged: "the roster's own people made the change",
        e.FallbackChanged: "AccessChanged follows where somebody signs in or is told otherwise",
        e.PartnerChanged: "AccessChanged follows where it signs in or is told otherwise",
        e.PresenceAgreed: "she has agreed herself; the other coordinator reads it at the post",
        e.RecordSetAside: "an alert tells the operators",
        e.RecordDiscarded: "an operator has done it",
    }
)
"""The events of which nobody is told, and why not."""


class Route(Block):
    """What a role is told. `instead`: only where somebody whom the event names before could not be."""

    template: Template
    instead: bool = False


def _to(
    roles: tuple[RecipientRole, ...], kind: NoticeKind, route: Route
) -> dict[tuple[NoticeKind, RecipientRole], Route]:
    return {(kind, role): route for role in roles}


Row = tuple[NoticeKind, RecipientRole]
HOLDERS = (RecipientRole.ISCG, RecipientRole.COVER)
OWNERS = (RecipientRole.COORDINATOR, RecipientRole.ON_CALL)
PARTNER, PERSON = (RecipientRole.PARTNER,), (RecipientRole.PERSON,)
ROUTES: Mapping[Row, Route] = MappingProxyType(
    {
        **_to(HOLDERS, NoticeKind.ASSIGNED, Route(template=templates.ISCG_ASSIGNED)),
        **_to(OWNERS, NoticeKind.ASSIGNED, Route(template=templates.ISCG_UNTOLD, instead=True)),
        **_to(OWNERS[:1], NoticeKind.ESCALATED, Route(template=templates.CASE_ESCALATED)),
        **_to(OWNERS[1:], NoticeKind.ESCALATED, Route(template=templates.ON_CALL_ESCALATED)),
        **_to((*HOLDERS, *OWNERS, *PARTNER), NoticeKind.REMINDER, Route(template=templates.DEADLINE_NEARED)),
        **_to((*HOLDERS, *OWNERS), NoticeKind.MISSED, Route(template=templates.DEADLINE_MISSED)),
        **_to((*HOLDERS, *OWNERS), NoticeKind.DIGEST, Route(template=templates.LATE_DIGEST)),
        **_to((*HOLDERS, *OWNERS), NoticeKind.GATHERED, Route(template=templates.MANY_DIGEST)),
        **_to(HOLDERS, NoticeKind.CORRECTED, Route(template=templates.CASE_CORRECTED)),
        **_to(HOLDERS, NoticeKind.MERGED, Route(template=templates.CASE_MERGED)),
        **_to(HOLDERS, NoticeKind.PARTED, Route(template=templates.CASE_PARTED)),
        **_to(HOLDERS, NoticeKind.ENDED, Route(template=templates.CASE_ENDED)),
        **_to((*HOLDERS, *OWNERS), NoticeKind.GLASS_BROKEN, Route(template=templates.GLASS_BROKEN)),
        **_to((*HOLDERS, *OWNERS), NoticeKind.ACCESS_CHANGED, Route(template=templates.ACCESS_CHANGED)),
        **_to(PARTNER, NoticeKind.REFERRAL, Route(template=templates.PARTNER_REFERRED)),
        **_to(PARTNER, NoticeKind.LINK, Route(template=templates.PARTNER_LINK)),
        **_to(PARTNER, NoticeKind.CODE, Route(template=templates.PARTNER_CODE)),
        **_to(HOLDERS, NoticeKind.ANSWERED, Route(template=templates.PARTNER_ANSWERED)),
        **_to(HOLDERS, NoticeKind.EXPIRED, Route(template=templates.REFERRAL_EXPIRED)),
        **_to(PARTNER, NoticeKind.CANCELLED, Route(template=templates.REFERRAL_CANCELLED)),
        **_to(PERSON, NoticeKind.PERSON, Route(template=templates.PERSON_CALL_BACK)),
        **_to(HOLDERS, NoticeKind.PERSON, Route(template=templates.PERSON_UNTOLD, instead=True)),
    }
)
"""The first row of a kind names who must hear of it, whoever else does."""

TO_PERSON: Mapping[PersonWords, Template] = MappingProxyType(
    {
        PersonWords.CALL_BACK: templates.PERSON_CALL_BACK,
        PersonWords.APPOINTMENT: templates.PERSON_APPOINTMENT,
    }
)
"""What the person is told, by what her ISCG asked for."""


class NothingToTell(Exception):
    """An event names a recipient for whose role it has no notice."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def route_for(kind: NoticeKind, role: RecipientRole) -> Route:
    """What this role is told. Raises `NothingToTell`: the record is then set aside, since somebody may not be told."""
    route = ROUTES.get((kind, role))
    if route is None:
        raise NothingToTell
    return route


def nobody_to_tell(kind: NoticeKind) -> Recipient:
    """Who stands for the recipient that an event should name and does not: in the role that must hear of it."""
    role = next(role for row, role in ROUTES if row is kind)
    return Recipient(ref="nobody", role=role, channels=())
