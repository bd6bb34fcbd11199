"""Tableau de service: which posts cover a station, who owns what nobody can take, and how they are told."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.referral.domain.presence import Presence, published_openings
from shared.contracts.blocks import Channel, Opening, Recipient
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, OpaqueCode, StationCode, UtcTime
from shared.contracts.person import Language
from shared.contracts.vocabulary import RecipientRole, Urgency


class Reachable(Block):
    """Somebody who can be told, by these ways in order."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    language: Language = "fr"

    def told_as(self, ref: str, role: RecipientRole) -> Recipient:
        """How a notice names them."""
        return Recipient(ref=ref, role=role, channels=self.channels, language=self.language)


class Post(Reachable):
    """Poste d'ISCG, and who fills it: where she sits, and by which opaque id she signs in."""

    id: OpaqueCode
    iscg_id: OpaqueCode
    authid: UUID
    departement: Departement
    presences: tuple[Presence, ...]

    def presence_at(self, station: str) -> Presence | None:
        """Her presence at a station, if the post covers it."""
        return next((each for each in self.presences if each.station == station), None)


class OnCall(Reachable):
    """Astreinte: who answers at any hour."""

    id: OpaqueCode


class Coordinator(Reachable):
    """Référent départemental: owns every case that nobody else can take."""

    id: OpaqueCode
    authid: UUID
    departement: Departement
    on_call: OnCall | None = None

    def told(self, urgency: Urgency) -> tuple[Recipient, ...]:
        """Whom to tell that a case has no taker: first the on-call contact where it can't wait for office hours."""
        coordinator = self.told_as(self.id, RecipientRole.COORDINATOR)
        if self.on_call is None or urgency is Urgency.STANDARD:
            return (coordinator,)
        return (self.on_call.told_as(self.on_call.id, RecipientRole.ON_CALL), coordinator)


class Calendar(Block):
    """What a station was last told of the presences there."""

    station: StationCode
    openings: tuple[Opening, ...]
    on_call: bool


def calendar_of(station: str, posts: tuple[Post, ...], coordinator: Coordinator | None, now: UtcTime) -> Calendar:
    """What a station is told: who sits there in the next fourteen days, and whether somebody answers at night."""
    presences = [presence for post in posts if (presence := post.presence_at(station))]
    found = {(each.opens_at, each.closes_at) for presence in presences for each in published_openings(presence, now)}
    return Calendar(
        station=station,
        openings=tuple(Opening(opens_at=opens_at, closes_at=closes_at) for opens_at, closes_at in sorted(found)),
        on_call=coordinator is not None and coordinator.on_call is not None,
    )
