"""An integrator's topic that is deleted and made anew while intake runs: no report in it is taken for a repeat."""

from typing import Any
from uuid import uuid4

from aiokafka.admin import NewTopic
from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from tests.delivery.raw_batches import administering
from tests.delivery.test_fence import until_gone
from tests.intake.builders import headers
from tests.intake.conftest import World, an_intake
from tests.intake.test_process import RECEIPTS, a_report, outcome


async def send(world: World, topic: str, many: int) -> list[Any]:
    """Good reports, one after the other, in one partition."""
    report_ids = [uuid4() for _ in range(many)]
    for report_id in report_ids:
        named = list(headers(ce_subject=str(report_id)))
        await world.producer.send_and_wait(topic, await a_report(world, report_id), partition=0, headers=named)
    return report_ids


async def test_reports_of_a_topic_that_was_made_anew_all_get_their_receipts(
    stack: Stack, mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> None:
    async with an_intake(stack, mongo, f"{namespace}anew") as world:
        topic = f"{world.namespace}.station.reports.gendarmerie"
        for report_id in await send(world, topic, 3):
            await world.heard(RECEIPTS, report_id)
        async with administering(world.kafka) as admin:
            await admin.delete_topics([topic])
            await until_gone(world.kafka, topic)
            await admin.create_topics([NewTopic(topic, 6, 1)])
        for report_id in await send(world, topic, 5):
            receipts = await world.heard(RECEIPTS, report_id)
            assert "accepted" in {outcome(each) for each in receipts}
