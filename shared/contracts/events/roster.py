"""Who works where: what coordinators and operators have changed in the roster (tableau de service)."""

from shared.contracts.blocks import AbsencePeriod
from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import Day, Departement, OpaqueCode, StationCode
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
    stations: Routed[tuple[StationCode, ...]]
    absences: Routed[tuple[AbsencePeriod, ...]] = ()
    reason: Routed[RosterReason]


class CoordinatorChanged(Event, family="roster"):
    """A département has another coordinator (référent départemental), or other ways to tell her."""

    departement: Routed[Departement]
    coordinator_id: Routed[OpaqueCode]
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
    reason: Routed[RosterReason]


class PartnerChanged(Event, family="roster"):
    """A partner is listed, or is listed otherwise, or no longer. Its type stands in no event in clear."""

    partner_id: Routed[OpaqueCode]
    departement: Routed[Departement]
    until: Routed[Day | None] = None
    reason: Routed[RosterReason]
