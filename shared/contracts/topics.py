"""Who says what to whom: every topic, its speaker, its readers, its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts import events as e
from shared.contracts.event import Event

INTAKE, REFERRAL, NOTIFICATION, AUDIT = SERVICES = ("intake", "referral", "notification", "audit")
STATION = "station"
"""The software of an integrator, outside."""

DAY_MS = 24 * 3600 * 1000
_SET_ASIDE = (e.RecordSetAside, e.RecordDiscarded)


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream of facts. `retention_days` None: kept for ever. `configs`: what the broker is told besides."""

    name: str
    partitions: int
    retention_days: int | None
    said_by: tuple[str, ...]
    read_by: tuple[str, ...]
    events: tuple[type[Event], ...]
    configs: Mapping[str, str] = field(default_factory=dict)

    def broker_configs(self) -> dict[str, str]:
        """The topic's settings at the broker, by Kafka's names."""
        retention_ms = -1 if self.retention_days is None else self.retention_days * DAY_MS
        return {"retention.ms": str(retention_ms), "cleanup.policy": "delete", **self.configs}


def station_reports(integrator: str) -> Topic:
    """The topic on which an integrator's stations report. Its time is the broker's own: a station's clock may lie."""
    configs = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "2097152"}
    name = f"station.reports.{integrator}"
    return Topic(name, 6, 30, (STATION,), (INTAKE, AUDIT), (e.ReportSubmitted, e.WithdrawalSubmitted), configs)


def station_receipts(integrator: str) -> Topic:
    """The topic on which an integrator reads the answers to its stations."""
    return Topic(f"station.receipts.{integrator}", 6, 30, (INTAKE,), (STATION, AUDIT), (e.ReceiptIssued,))


RELAIS_INTAKE = Topic(
    "relais.intake",
    6,
    90,
    (INTAKE,),
    (REFERRAL, AUDIT),
    (
        e.ReportAccepted,
        e.ReportCorrected,
        e.ReportWithdrawn,
        e.ReportRejected,
        e.ReportCounted,
        e.StationRegistered,
        e.StationClosed,
        e.IntegratorRegistered,
        e.IntegratorClosed,
        e.KeyRotated,
        e.KeyDestroyed,
        *_SET_ASIDE,
    ),
)
RELAIS_CASES = Topic(
    "relais.cases",
    6,
    90,
    (REFERRAL,),
    (NOTIFICATION, AUDIT),
    (
        e.CaseOpened,
        e.CaseCorrected,
        e.CaseMerged,
        e.CaseParted,
        e.CaseLinkChanged,
        e.IscgAssigned,
        e.IscgAccepted,
        e.IscgDeclined,
        e.CaseEscalated,
        e.DeadlineNeared,
        e.DeadlineMissed,
        e.ContactAttempted,
        e.InterviewHeld,
        e.PersonNotReached,
        e.CaseClosed,
        e.ReferralSent,
        e.ReferralLinkRenewed,
        e.AccessCodeIssued,
        e.ReferralAnswered,
        e.ReferralCancelled,
        e.ReferralExpired,
        e.ConsentCollected,
        e.NeedsAssessed,
        e.GlassBroken,
        e.PersonNoticeRequested,
        e.ContactStopRequested,
        e.CaseErased,
        e.LegalHoldChanged,
        e.PostChanged,
        e.CoordinatorChanged,
        e.TerritoryChanged,
        e.FallbackChanged,
        e.PartnerChanged,
        e.AccessChanged,
        e.PresenceAgreed,
        *_SET_ASIDE,
    ),
)
RELAIS_STANDING = Topic(
    "relais.standing", 3, 90, (REFERRAL,), (INTAKE, AUDIT), (e.StandingChanged, e.PresencePublished)
)
RELAIS_NOTIFICATIONS = Topic(
    "relais.notifications",
    6,
    90,
    (NOTIFICATION,),
    (REFERRAL, AUDIT),
    (
        e.NotificationSent,
        e.NotificationDelivered,
        e.NotificationBounced,
        e.NotificationFailed,
        e.ContactStopped,
        *_SET_ASIDE,
    ),
)
RELAIS_ACCESS = Topic(
    "relais.access",
    3,
    90,
    SERVICES,
    (AUDIT,),
    (
        e.PersonalDataConsulted,
        e.ReferralOpened,
        e.InspectionRequested,
        e.InspectionGranted,
        e.LogConsulted,
        e.UnusualAccessSeen,
        e.DayClosed,
        e.EventsMissing,
    ),
)
RELAIS_AUDIT = Topic("relais.audit", 1, None, (AUDIT,), (AUDIT,), (e.CheckpointSigned,))

RELAIS_TOPICS = (
    RELAIS_INTAKE,
    RELAIS_CASES,
    RELAIS_STANDING,
    RELAIS_NOTIFICATIONS,
    RELAIS_ACCESS,
    RELAIS_AUDIT,
)

OWN_TOPICS: Mapping[str, Topic] = {
    INTAKE: RELAIS_INTAKE,
    REFERRAL: RELAIS_CASES,
    NOTIFICATION: RELAIS_NOTIFICATIONS,
}

EVENTS: tuple[type[Event], ...] = tuple(
    dict.fromkeys(
        event for topic in (station_reports(""), station_receipts(""), *RELAIS_TOPICS) for event in topic.events
    )
)
BY_TYPE: Mapping[str, type[Event]] = {event.type: event for event in EVENTS}

_TOPIC_OF = {event: topic.name for topic in RELAIS_TOPICS for event in topic.events if event not in _SET_ASIDE}


def topics_of(integrators: tuple[str, ...]) -> tuple[Topic, ...]:
    """Every topic of a Relais that serves these integrators."""
    doors = (make(integrator) for integrator in integrators for make in (station_reports, station_receipts))
    return (*doors, *RELAIS_TOPICS)


def topic_of(event: type[Event]) -> str:
    """The topic on which such an event is said. `KeyError` for what has several: reports, receipts, set-asides."""
    return _TOPIC_OF[event]


def own_topic(service: str) -> str:
    """The topic on which a service says what it set aside. Audit has none: it sets nothing aside."""
    return OWN_TOPICS[service].name


def logged_topics(service: str) -> tuple[str, ...]:
    """The topics on which a service speaks and whose events stand in the log under their own ids.

    Not what it tells stations: a line of that is named by its place.
    """
    return tuple(
        topic.name
        for topic in RELAIS_TOPICS
        if service in topic.said_by and AUDIT in topic.read_by and topic is not RELAIS_AUDIT
    )


def source(service: str, topic: str) -> str:
    """The `ce_source` of a service on a topic, e.g. `/relais/referral/cases`: each topic counts alone."""
    return f"/relais/{service}/{topic.removeprefix('relais.').removeprefix('station.').replace('.', '/')}"
