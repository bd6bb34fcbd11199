"""Who works where: what coordinators and operators have changed in the roster (tableau de service).

`…_subject` and `subject` are the opaque ids by which somebody signs in, `reached` a keyed digest of the ways by which
they are told: whatever decides who sees a case, or who hears of it, leaves a trace here, also where it is swapped back.
"""

from uuid import UUID

from shared.contracts.blocks import AbsencePeriod
from shared.contracts.event import Event
from shared.contracts.events.case import Notify
from shared.contracts.fields import Routed
from shared.contracts.forms import Day, Departement, OpaqueCode, Sha256Hex, StationCode
from shared.contracts.vocabulary import EmployerKind, PostForce, RosterReason


class PostChanged(Event, family="roster"):
    """A post (poste d'ISCG) exists, or what is known of it has changed: this replaces it. Without `iscg_id`: vacant."""

    post_id: Routed[OpaqueCode]
    departement: Routed[Departement]
    employer: Routed[EmployerKind]
    force: Routed[PostForce]
    share: Routed[int]
    since: Routed[Day | None] = None
    until: Routed[Day | None] = None
    iscg_id: Routed[OpaqueCode | None] = None
    iscg_subject: Routed[UUID | None] = None
    reached: Routed[Sha256Hex | None] = None
    stations: Routed[tuple[StationCode, ...]]
    absences: Routed[tuple[AbsencePeriod, ...]] = ()
    reason: Routed[RosterReason]


class CoordinatorChanged(Event, family="roster"):
    """A département has another coordinator (référent départemental), or other ways to tell her."""

    departement: Routed[Departement]
    coordinator_id: Routed[OpaqueCode]
    subject: Routed[UUID | None] = None
    reached: Routed[Sha256Hex | None] = None
    on_call: Routed[bool]
    reason: Routed[RosterReason]


class TerritoryChanged(Event, family="roster"):
    """A département has other neighbours that help out, or other deadlines."""

    departement: Routed[Departement]
    neighbours: Routed[tuple[Departement, ...]] = ()
    reason: Routed[RosterReason]


class FallbackChanged(Event, family="roster"):
    """Somebody else owns what no coordinator has placed (permanence nationale)."""

    fallback_id: Routed[OpaqueCode]
    subject: Routed[UUID | None] = None
    reached: Routed[Sha256Hex | None] = None
    reason: Routed[RosterReason]


class PartnerChanged(Event, family="roster"):
    """A partner is listed, or is listed otherwise, or no longer. Its type stands in no event in clear."""

    partner_id: Routed[OpaqueCode]
    departement: Routed[Departement]
    subject: Routed[UUID | None] = None
    reached: Routed[Sha256Hex | None] = None
    until: Routed[Day | None] = None
    reason: Routed[RosterReason]


class PresenceAgreed(Event, family="roster"):
    """A coordinator agrees that a post of elsewhere sits at a station of hers (accord de permanence), or no longer."""

    post_id: Routed[OpaqueCode]
    station: Routed[StationCode]
    departement: Routed[Departement]
    agreed: Routed[bool]
    reason: Routed[RosterReason]


class AccessChanged(Event, family="roster"):
    """Somebody of the roster signs in or is told otherwise, or is replaced (changement d'accès).

    Who had access before is told by the ways known before, and so is the coordinator.
    """

    holder_id: Routed[OpaqueCode]
    post_id: Routed[OpaqueCode | None] = None
    departement: Routed[Departement | None] = None
    subject_before: Routed[UUID | None] = None
    subject: Routed[UUID | None] = None
    reached_before: Routed[Sha256Hex]
    reached: Routed[Sha256Hex | None] = None
    reason: Routed[RosterReason]
    test: Routed[bool] = False
    notify: Notify = None
