"""Finds the referrals that a partner was sent, for its software: one of them, or page by page.

In the order in which their reports were received: what was read already never moves.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.referrals import Referral, ReferralState
from services.referral.listing import Place
from services.referral.store import CASES, PARTNERS
from shared.asking import Document
from shared.delivery.shelf import Database


class Orientation(NamedTuple):
    """A referral, the case that it is about, and where it stands in the list of its partner."""

    case_id: UUID
    is_test: bool
    referral: Referral
    place: Place


async def referral_sent_to(database: Database, authid: UUID, referral_id: UUID) -> Orientation | None:
    """The referral of this id, for the partner who signs in so; none for anybody else."""
    return next(iter(await _find(database, authid, {"id": str(referral_id)}, [{"$limit": 1}])), None)


async def referrals_sent_to(
    database: Database, authid: UUID, states: Sequence[ReferralState], after: Place | None, most: int
) -> list[Orientation]:
    """The referrals in these states that the partner was sent who signs in so."""
    beyond: list[Document] = []
    if after:
        same = {"received_at": after.received_at, "referrals.id": {"$gt": str(after.case_id)}}
        beyond = [{"$match": {"$or": [{"received_at": {"$gt": after.received_at}}, same]}}]
    page: list[Document] = [*beyond, {"$sort": {"received_at": 1, "referrals.id": 1}}, {"$limit": most}]
    return await _find(database, authid, {"state": {"$in": list(states)}}, page)


async def _find(database: Database, authid: UUID, which: Document, page: Sequence[Document]) -> list[Orientation]:
    partners = [row["_id"] async for row in database[PARTNERS.name].find({"authid": str(authid)}, {"_id": True})]
    wanted = {"partner_id": {"$in": partners}, **which}
    stages: list[Document] = [
        {"$match": {"referrals.0": {"$exists": True}, "referrals": {"$elemMatch": wanted}}},
        {"$project": {"test": True, "received_at": True, "referrals": True}},
        {"$unwind": "$referrals"},
        {"$match": {f"referrals.{name}": value for name, value in wanted.items()}},
        *page,
    ]
    cursor = await database[CASES.name].aggregate(stages)
    return [_orientation(row) async for row in cursor]


def _orientation(row: Document) -> Orientation:
    referral = Referral.model_validate(row["referrals"])
    return Orientation(UUID(row["_id"]), row["test"], referral, Place(row["received_at"], referral.id))
