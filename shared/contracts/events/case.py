"""What happens to a case: who holds it, who must be told, what its station may see."""

from typing import Annotated
from uuid import UUID

from shared.contracts.blocks import Explanation, Opening, Recipient, ReferralFile
from shared.contracts.event import Event
from shared.contracts.fields import Routed, Sealed
from shared.contracts.forms import Departement, IntegratorCode, OpaqueCode, StationCode, UtcTime
from shared.contracts.vocabulary import EscalationReason, Standing, Urgency

Notify = Annotated[tuple[Recipient, ...] | None, Sealed("contact")]
"""Whoever must be told, in order. Referral decides it; notification asks nobody."""


class CaseOpened(Event, family="case"):
    """Saisine ouverte."""

    case_id: Routed[UUID]
    report_id: Routed[UUID]
    station: Routed[StationCode]
    departement: Routed[Departement]
    urgency: Routed[Urgency]
    test: Routed[bool]


class IscgAssigned(Event, family="case"):
    """Saisine attribuée à un ISCG, with the explanation of the choice."""

    assignment_id: Routed[UUID]
    post_id: Routed[OpaqueCode]
    iscg_id: Routed[OpaqueCode]
    urgency: Routed[Urgency]
    supersedes: Routed[UUID | None] = None
    notify: Notify = None
    file: Annotated[Explanation | None, Sealed("file")] = None


class IscgAccepted(Event, family="case"):
    """Prise en charge acceptée par l'ISCG."""

    assignment_id: Routed[UUID]
    iscg_id: Routed[OpaqueCode]


class CaseEscalated(Event, family="case"):
    """Saisine remontée au référent départemental."""

    reason: Routed[EscalationReason]
    urgency: Routed[Urgency]
    assignment_id: Routed[UUID | None] = None
    notify: Notify = None


class ReferralSent(Event, family="case"):
    """Orientation adressée à un partenaire."""

    referral_id: Routed[UUID]
    answer_by: Routed[UtcTime]
    notify: Notify = None
    file: Annotated[ReferralFile | None, Sealed("file")] = None


class StandingChanged(Event, family="case"):
    """Changement de l'état que l'unité peut voir."""

    report_id: Routed[UUID]
    integrator: Routed[IntegratorCode]
    standing: Routed[Standing]


class PresencePublished(Event, family="station"):
    """Permanences des quatorze prochains jours à l'unité, and whether nights are on call."""

    station: Routed[StationCode]
    openings: Routed[tuple[Opening, ...]]
    on_call: Routed[bool]
