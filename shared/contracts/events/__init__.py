"""Every event of the first version; one module a family of facts."""

from shared.contracts.blocks import StreamPlace
from shared.contracts.events.access import LogConsulted, PersonalDataConsulted
from shared.contracts.events.audit import CheckpointSigned
from shared.contracts.events.case import (
    CaseClosed,
    CaseErased,
    CaseEscalated,
    CaseOpened,
    ConsentCollected,
    ContactAttempted,
    DeadlineMissed,
    DeadlineNeared,
    InterviewHeld,
    IscgAccepted,
    IscgAssigned,
    IscgDeclined,
    LegalHoldChanged,
    PersonNotReached,
    PresencePublished,
    ReferralAnswered,
    ReferralCancelled,
    ReferralExpired,
    ReferralSent,
    StandingChanged,
)
from shared.contracts.events.delivery import RecordDiscarded, RecordSetAside
from shared.contracts.events.notification import NotificationFailed, NotificationSent
from shared.contracts.events.registry import (
    IntegratorClosed,
    IntegratorRegistered,
    KeyDestroyed,
    KeyRotated,
    StationClosed,
    StationRegistered,
)
from shared.contracts.events.report import (
    ReportAccepted,
    ReportCorrected,
    ReportCounted,
    ReportRejected,
    ReportWithdrawn,
)
from shared.contracts.events.roster import (
    CoordinatorChanged,
    FallbackChanged,
    PartnerChanged,
    PostChanged,
    TerritoryChanged,
)
from shared.contracts.events.station import ReceiptIssued
from shared.contracts.report import ReportSubmitted, WithdrawalSubmitted

__all__ = [
    "CaseClosed",
    "CaseErased",
    "CaseEscalated",
    "CaseOpened",
    "CheckpointSigned",
    "ConsentCollected",
    "ContactAttempted",
    "CoordinatorChanged",
    "DeadlineMissed",
    "DeadlineNeared",
    "FallbackChanged",
    "IntegratorClosed",
    "IntegratorRegistered",
    "InterviewHeld",
    "IscgAccepted",
    "IscgAssigned",
    "IscgDeclined",
    "KeyDestroyed",
    "KeyRotated",
    "LegalHoldChanged",
    "LogConsulted",
    "NotificationFailed",
    "NotificationSent",
    "PartnerChanged",
    "PersonNotReached",
    "PersonalDataConsulted",
    "PostChanged",
    "PresencePublished",
    "ReceiptIssued",
    "RecordDiscarded",
    "RecordSetAside",
    "ReferralAnswered",
    "ReferralCancelled",
    "ReferralExpired",
    "ReferralSent",
    "ReportAccepted",
    "ReportCorrected",
    "ReportCounted",
    "ReportRejected",
    "ReportSubmitted",
    "ReportWithdrawn",
    "StandingChanged",
    "StationClosed",
    "StationRegistered",
    "StreamPlace",
    "TerritoryChanged",
    "WithdrawalSubmitted",
]
