"""Referral was away while deadlines ran out: each is made up for once, and a coordinator gets one mail of all."""

import asyncio
from typing import Any
from uuid import UUID

from services.notification.domain.reference import reference
from tests.flow.house import PATIENCE, House, members

CASES, AWAY_MS = 5, 20 * 60_000
COORDINATOR = "coordinator-31"


async def an_unaccepted_case(house: House, n: int) -> str:
    """A case whose ISCG has not accepted it yet."""
    sample = await house.a_sample(f"outage-{n}")
    await house.send(sample)
    [receipt] = await house.heard("station.receipt-issued.v1", sample.key.decode())
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == receipt.key}
    await house.heard("case.iscg-assigned.v1", case)
    return case


async def fall_due(house: House, service: str, collection: str, which: dict[str, Any], ago_ms: int) -> None:
    """Have these been due for so long, by the database's clock."""
    due = [{"$set": {"due_at": {"$subtract": ["$$NOW", ago_ms]}}}]
    database = house.mongo[f"{house.namespace}_{service}"]
    async with asyncio.timeout(PATIENCE):
        while not (await database[collection].update_many(which, due)).modified_count:  # noqa: ASYNC110 # a database tells nobody
            await asyncio.sleep(0.2)


async def test_after_an_outage_a_coordinator_gets_one_mail_of_all_that_ran_out(house: House) -> None:
    cases = [await an_unaccepted_case(house, n) for n in range(CASES)]
    referral = house.services["referral"]
    await asyncio.to_thread(referral.stop)
    ran_out = {"case_id": {"$in": cases}, "kind": "to-be-accepted", "due_at": {"$exists": True}}
    await fall_due(house, "referral", "deadlines", ran_out, AWAY_MS)
    before = len(mails_to_coordinator(house))
    await asyncio.to_thread(referral.start)
    for case in cases:
        [escalated] = await house.heard("case.escalated.v1", case)
        assert members(escalated)["late"] is True
    digest = {"ref": COORDINATOR, "kind": "digest", "due_at": {"$exists": True}}
    await told_of(house, digest, cases)
    await fall_due(house, "notification", "notices", digest, 0)
    await ended(house, digest)
    [mail] = mails_to_coordinator(house)[before:]
    assert all(reference(UUID(case)) in mail for case in cases)


async def told_of(house: House, digest: dict[str, Any], cases: list[str]) -> None:
    """Wait until a digest tells of all of them."""
    notices = house.mongo[f"{house.namespace}_notification"]["notices"]
    async with asyncio.timeout(PATIENCE):
        while not await notices.find_one(digest | {"cases": {"$all": cases}}):  # noqa: ASYNC110 # as above
            await asyncio.sleep(0.2)


async def ended(house: House, which: dict[str, Any]) -> None:
    """Wait until nothing of this is owed any more."""
    notices = house.mongo[f"{house.namespace}_notification"]["notices"]
    async with asyncio.timeout(PATIENCE):
        while await notices.find_one(which):  # noqa: ASYNC110 # as above
            await asyncio.sleep(0.2)


def mails_to_coordinator(house: House) -> list[str]:
    """Every mail to the département's coordinator."""
    return [mail for mail in house.mails() if f"To: {COORDINATOR}@relais.example" in mail]
