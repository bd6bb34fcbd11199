"""The largest records that Kafka takes are sent, and every document stays as small as the table of stores says."""

import asyncio
from collections.abc import Iterator

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from shared.contracts.cloudevent import STRUCTURED
from tests.deploy.stores import table
from tests.flow.house import PATIENCE, House
from tests.flow.logged import until_logged

LARGE = b" " * 17 * 1024 * 1024
"""More than a document of MongoDB holds; some kilobytes on the wire."""
OPENED = b" " * 9 * 1024 * 1024
"""What a reader opens, and no service may keep."""
Headers = tuple[tuple[str, bytes], ...]


def large_records(headers: Headers) -> Iterator[tuple[bytes | None, bytes, Headers]]:
    """Key, value and headers: each of them large in turn, readable and not."""
    for blanks in (LARGE, OPENED):
        yield b"1", blanks, headers
        yield b"1", blanks, ()
        yield b"1", blanks, (("content-type", STRUCTURED.encode()),)
        yield blanks, b"{}", headers
        yield b"1", b"{}", (*headers, ("x", blanks))
        yield b"1", b"{}", (("ce_id", blanks),)


async def send_large_ones(house: House) -> list[RecordMetadata]:
    sample = await house.a_sample("large ones")
    headers = tuple((name, value or b"") for name, value in sample.headers)
    topic = f"{house.namespace}.station.reports.{sample.integrator}"
    producer = AIOKafkaProducer(
        bootstrap_servers=house.kafka, compression_type="gzip", max_request_size=4 * len(LARGE), max_batch_size=1
    )
    async with producer:
        return [
            await producer.send_and_wait(topic, value, key, partition=0, headers=list(those))
            for key, value, those in large_records(headers)
        ]


async def largest(house: House) -> dict[str, int]:
    """The largest document of each collection of the house, in bytes."""
    measure = {"$group": {"_id": None, "most": {"$max": {"$bsonSize": "$$ROOT"}}}}
    found = dict[str, int]()
    for database in await house.mongo.list_database_names():
        if database.startswith(f"{house.namespace}_"):
            for name in await house.mongo[database].list_collection_names():
                async for row in await house.mongo[database][name].aggregate([measure]):
                    found[f"{database.removeprefix(f'{house.namespace}_')}.{name}"] = row["most"]
    return found


async def until_intake_has_passed(house: House, sent: list[RecordMetadata]) -> None:
    """Wait until intake has noted each of these records."""
    places = [f"{each.topic.partition('.')[2]}/{each.partition}/{each.offset}" for each in sent]
    inbox = house.mongo[f"{house.namespace}_intake"]["inbox"]
    async with asyncio.timeout(PATIENCE):
        while await inbox.count_documents({"_id": {"$in": places}}) < len(places):  # noqa: ASYNC110 # a database
            await asyncio.sleep(0.2)


async def test_no_document_is_larger_than_its_store_says(house: House) -> None:
    sent = await send_large_ones(house)
    good = await house.a_sample("behind large ones")
    await house.send(good)
    await house.heard("station.receipt-issued.v1", good.key.decode())
    await until_logged(house, sent)
    await until_intake_has_passed(house, sent)
    house.check_alive()
    allowed, found = table(), await largest(house)
    assert len(found) > 20
    assert {name: size for name, size in found.items() if size > allowed[name]} == {}
