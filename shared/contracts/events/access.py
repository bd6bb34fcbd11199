"""Who looked, and why. Who acted stands in the envelope, by opaque id."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import Sha256Hex, UtcTime
from shared.contracts.vocabulary import OpenedPart, Purpose, UnusualAccess


class PersonalDataConsulted(Event, family="access"):
    """Somebody looked at personal data (consultation), and why. It is said before they are shown.

    The words of the reason stay sealed with the opening. `until` is when this opening is over: as long as it lasts,
    what tells of the person's needs is shown under it.
    """

    opening_id: Routed[UUID]
    case_id: Routed[UUID | None] = None
    until: Routed[UtcTime | None] = None
    purpose: Routed[Purpose]
    opened: Routed[tuple[OpenedPart, ...]]


class ReferralOpened(Event, family="access"):
    """A partner got to see what its referral says of the person (communication): the minimum, or who she is besides.

    It is said before anything is shown.
    """

    case_id: Routed[UUID]
    referral_id: Routed[UUID]
    opened: Routed[tuple[OpenedPart, ...]]


class InspectionRequested(Event, family="access"):
    """Somebody who inspects asks who a case is about (demande d'identité). Nothing is shown by it."""

    inspection_id: Routed[UUID]
    case_id: Routed[UUID]


class InspectionGranted(Event, family="access"):
    """A second person grants it (accord donné à une demande d'identité): whoever asked may look for an hour."""

    inspection_id: Routed[UUID]
    case_id: Routed[UUID]
    asked_by: Routed[UUID]


class UnusualAccessSeen(Event, family="access"):
    """Somebody looks at data in an unusual way (consultation inhabituelle): an auditor should know of it."""

    rule: Routed[UnusualAccess]
    actor: Routed[UUID]
    count: Routed[Annotated[int, Field(ge=1)]]
    since: Routed[UtcTime]
    until: Routed[UtcTime]


class LogConsulted(Event, family="access"):
    """Somebody looked into the log: why, by which filter (its digest), how many entries were shown.

    The words of the reason stay sealed with the consultation.
    """

    purpose: Routed[Purpose]
    consultation_id: Routed[UUID]
    filter_digest: Routed[Sha256Hex]
    count: Routed[Annotated[int, Field(ge=0)]]
