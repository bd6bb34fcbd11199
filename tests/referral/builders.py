"""Posts, reports and desks, so that a test says only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.referral.domain.case import Case
from services.referral.domain.coordination import Coordinator, OnCall
from services.referral.domain.deadlines import Stage, deadline_id
from services.referral.domain.holders import Changing
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Iscg, Post
from services.referral.domain.presence import Hours, Presence
from services.referral.domain.terms import OURS
from services.referral.store import CASES, COORDINATORS, DEADLINES, POSTS
from services.referral.ticks import on_deadline
from services.referral.views import LOADS, PARTNERS_IN, POSTS_AT, POSTS_OF
from shared.contracts.blocks import Channel
from shared.contracts.event import Event
from shared.contracts.events import ReportAccepted
from shared.contracts.ids import NAMESPACE, address_digest
from shared.contracts.person import Consent, PersonOnFile
from shared.contracts.report import Act, CaseFile, Contact
from shared.contracts.vocabulary import (
    ActKind,
    AgeBand,
    Category,
    ConsentAnswer,
    DeadlineKind,
    Force,
    LegalGround,
    NoticeChannel,
    Origin,
    PartnerType,
    Role,
    RosterReason,
    Urgency,
    Weekday,
)
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key, Place, Tracked
from shared.delivery.unit import Unit, Work

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STATION, PARIS = "PN-31-0001", "Europe/Paris"
EVERY_DAY = tuple(Hours(day=day, from_="08:00", to="18:00") for day in Weekday)
CASE, REPORT, COORDINATOR_ID = UUID(int=1), UUID(int=2), UUID(int=3)
HOUR = timedelta(hours=1)
TERMS = OURS


def a_channel(name: str) -> tuple[Channel, ...]:
    """A mail address."""
    return (Channel(channel=NoticeChannel.EMAIL, value=f"{name}@relais.example"),)


def a_digest(addresses: str) -> str:
    """A digest of addresses."""
    return address_digest(b"s" * 32, addresses)


def a_change(reason: RosterReason = RosterReason.OPENING) -> Changing:
    """Why the roster changes."""
    return Changing(reason, a_digest)


def a_presence(*hours: Hours, station: str = STATION, zone: str = PARIS) -> Presence:
    """A presence at a station; every day in office hours unless said otherwise, on holidays too."""
    return Presence(station=station, zone=zone, hours=hours or EVERY_DAY, on_holidays=True)


def an_iscg(id_: str = "iscg-1", **members: Any) -> Iscg:
    """An ISCG, who signs in by an id of her own."""
    return Iscg(id=id_, authid=uuid5(NAMESPACE, id_), channels=a_channel(id_), **members)


def a_post(id_: str = "post-1", *presences: Presence, **members: Any) -> Post:
    """A post, with the ISCG who fills it."""
    iscg = an_iscg(id_.replace("post", "iscg"))
    told: dict[str, Any] = {"departement": "31", "iscg": iscg, "presences": presences or (a_presence(),)}
    return Post(id=id_, **(told | members))


def a_coordinator(departement: str = "31", authid: UUID = COORDINATOR_ID) -> Coordinator:
    """A coordinator, of 31 unless said otherwise, with somebody on call."""
    on_call = OnCall(id=f"on-call-{departement}", channels=a_channel("on-call"))
    return Coordinator(
        id=f"coordinator-{departement}",
        authid=authid,
        departement=departement,
        channels=a_channel("coordinator"),
        on_call=on_call,
    )


def a_partner(type_: PartnerType, id_: str = "partner-h7q2") -> Partner:
    """A partner in 31."""
    return Partner(id=id_, type=type_, departement="31", channels=a_channel(id_))


def a_file(
    asked: tuple[PartnerType, ...] = (),
    agreed: dict[PartnerType, ConsentAnswer] | None = None,
    ground: LegalGround | None = None,
    **consent: Any,
) -> CaseFile:
    """What a report says of a person, as far as referral decides by it."""
    agreement = Consent(contact_by_iscg=ConsentAnswer.GIVEN, partners=agreed or {}, **consent)
    concerned = PersonOnFile(concerned=True, role=Role.VICTIM, age_band=AgeBand.FROM_25, consent=agreement)
    return CaseFile(
        act=Act(kind=ActKind.PLAINTE),
        origin=Origin.OFFICER_AFTER_COMPLAINT,
        officer="b7c1",
        categories=(Category.VIOLENCE_IN_COUPLE,),
        penal=True,
        persons=(concerned,),
        legal_ground=ground,
        partners_asked=asked,
    )


def a_report(file: CaseFile | None = None, urgency: Urgency = Urgency.URGENT, **changes: Any) -> ReportAccepted:
    """An accepted report of this station, received on a Monday morning."""
    members: dict[str, Any] = {
        "case_id": CASE,
        "report_id": REPORT,
        "station": STATION,
        "departement": "31",
        "received_at": MONDAY,
        "contact": Contact(),
    }
    return ReportAccepted(
        revision=1,
        integrator="police",
        force=Force.POLICE,
        zone=PARIS,
        urgency=urgency,
        taken_at=MONDAY,
        test=False,
        file=file or a_file(),
        **(members | changes),
    )


class Desk:
    """A unit of work in memory: what stands on the shelves, and what is said. Nothing that is looked at is missing."""

    def __init__(self, *posts: Post, partners: tuple[Partner, ...] = (), loads: dict[str, int] | None = None) -> None:
        self.unit = Unit("referral", {})
        for station in {each.station for post in posts for each in post.presences} | {STATION}:
            self.lay(POSTS_AT, station, tuple(post for post in posts if post.presence_at(station)))
        for post in posts:
            self.lay(POSTS, post.id, post)
            self.lay(LOADS, post.id, (loads or {}).get(post.id, 0))
            if post.iscg:
                self.lay(POSTS_OF, post.iscg.authid, (post,))
        self.lay(COORDINATORS, "31", a_coordinator())
        self.lay(PARTNERS_IN, "31", partners)

    def lay(self, shelf: Place, id_: object, state: object) -> None:
        """Have something stand there."""
        key: Key = (shelf, str(id_))
        self.unit.states[key] = Tracked(key, state)

    def work(self, cause: Cause | None = None) -> Work:
        """A handler's desk for one cause."""
        return Work(self.unit, cause or Cause(uuid5(NAMESPACE, str(len(self.unit.said))), MONDAY, str(CASE)))

    def clock(self, kind: DeadlineKind = DeadlineKind.TO_BE_ACCEPTED, n: int = 1, stage: Stage = Stage.BREACH) -> Any:
        """A clock of the case, if it was ever begun."""
        return self.work().get(DEADLINES, deadline_id(CASE, kind, n, stage))

    def tick(self, kind: DeadlineKind, n: int = 1, stage: Stage = Stage.BREACH, at: datetime | None = None) -> None:
        """Let this clock run out, or remind."""
        id_ = deadline_id(CASE, kind, n, stage)
        deadline = self.work().get(DEADLINES, id_)
        due_at = deadline.due_at if deadline and deadline.due_at else MONDAY
        on_deadline(id_, self.work(Cause(id_, at or due_at, str(CASE))), TERMS)

    def case(self) -> Case:
        """The case as it stands."""
        case = self.work().get(CASES, CASE)
        assert case
        return case

    def said(self, kind: type[Event] | None = None) -> list[Any]:
        """The events said so far, of one kind or all."""
        events = [each.event for each in self.unit.said]
        return [event for event in events if kind is None or isinstance(event, kind)]
