"""Referral killed at its worst moments: a person still gets one social worker, and one only."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from shared.contracts.events import CaseEscalated, CaseOpened, IscgAssigned, ReferralSent
from shared.contracts.vocabulary import EscalationReason
from shared.delivery.crash import KILLED
from tests.referral.running import World
from tests.referral.test_journey import a_new_report

POINTS = ("in-transaction", "after-commit", "while-publishing", "before-offset-commit")


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_any_point_leaves_one_assignment(
    world: World, mongo: AsyncMongoClient[Any], point: str
) -> None:
    report = a_new_report()
    doomed = await world.start(RELAIS_CRASH_POINT=point)
    await world.publish(report)
    async with asyncio.timeout(30):
        assert await doomed.process.wait() == KILLED
    async with world.running():
        heard = await world.hear(report.case_id, until=ReferralSent)
    ids = {each.said.id: each for each in heard}
    assert Counter(type(each.event) for each in ids.values()) == {CaseOpened: 1, IscgAssigned: 1, ReferralSent: 1}
    case = await mongo[f"{world.namespace}_referral"]["cases"].find_one({"_id": str(report.case_id)})
    assert case and len(case["assignments"]) == 1


async def test_two_instances_escalate_an_unaccepted_case_once(world: World) -> None:
    report = a_new_report()
    soon = {"RELAIS_ACCEPT_WITHIN_URGENT": "2"}
    async with world.running(**soon), world.running(**soon, RELAIS_INSTANCE="referral-other"):
        await world.publish(report)
        await world.hear(report.case_id, until=CaseEscalated)
        await asyncio.sleep(2)
        heard = await world.hear(report.case_id, until=CaseEscalated)
    [escalated] = [each.event for each in heard if isinstance(each.event, CaseEscalated)]
    assert escalated.reason is EscalationReason.NOT_ACCEPTED
    assert escalated.assignment_id


async def test_a_deadline_that_ran_out_while_nobody_ran_is_made_up_for(world: World) -> None:
    report = a_new_report()
    async with world.running(RELAIS_ACCEPT_WITHIN_URGENT="3"):
        await world.publish(report)
        await world.hear(report.case_id, until=IscgAssigned)
    await asyncio.sleep(3)
    async with world.running():
        await world.hear(report.case_id, until=CaseEscalated)


async def test_the_deadline_of_an_erased_person_ends_and_tells_nobody(
    world: World, mongo: AsyncMongoClient[Any]
) -> None:
    report, deadlines = a_new_report(), mongo[f"{world.namespace}_referral"]["deadlines"]
    async with world.running(RELAIS_ACCEPT_WITHIN_URGENT="8"), asyncio.timeout(30):
        await world.publish(report)
        await world.hear(report.case_id, until=IscgAssigned)
        await world.vault.forget_case(str(report.case_id))
        await run_out(deadlines, report.case_id)
    outbox = mongo[f"{world.namespace}_referral"]["outbox"]
    said = await outbox.distinct("headers.ce_type", {"subject": str(report.case_id)})
    assert CaseEscalated.type not in said


async def run_out(deadlines: AsyncCollection[Any], case_id: UUID) -> None:
    """Wait until nobody has to accept this case in time any more."""
    while True:
        running = {"case_id": str(case_id), "kind": "to-be-accepted", "due_at": {"$exists": True}}
        if not await deadlines.count_documents(running):
            return
        await asyncio.sleep(0.2)
