"""Waiting for the log."""

import asyncio
from collections.abc import Sequence

from aiokafka.structs import RecordMetadata

from tests.flow.house import PATIENCE, House


async def until_logged(house: House, sent: Sequence[RecordMetadata]) -> None:
    """Wait until the log has a line of each of these records."""
    places = [f"{each.topic.partition('.')[2]}/{each.partition}/0/{each.offset}" for each in sent]
    entries = house.mongo[f"{house.namespace}_audit"]["entries"]
    async with asyncio.timeout(PATIENCE):
        while await entries.count_documents({"place": {"$in": places}}) < len(places):  # noqa: ASYNC110 # a database
            await asyncio.sleep(0.2)
