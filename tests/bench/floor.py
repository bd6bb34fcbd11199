"""The floor: a bare loop on aiokafka and PyMongo that does the same work, with no promise but the transaction.

Per partition batch one transaction (inbox, state, one outbox row an event), then publish, mark, commit offsets.
"""

import asyncio
import os
import time
from typing import Any
from uuid import UUID, uuid5

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient, InsertOne, ReplaceOne, WriteConcern
from pymongo.read_concern import ReadConcern

from tests.bench.load import BATCH, PARTITIONS, RECORDS

Database = Any


async def main() -> None:
    kafka, namespace = os.environ["RELAIS_KAFKA"], os.environ["RELAIS_NAMESPACE"]
    consumer = AIOKafkaConsumer(
        f"{namespace}.relais.intake",
        bootstrap_servers=kafka,
        group_id=f"{namespace}.floor",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=262_144
    )
    await producer.start()
    await consumer.start()
    async with AsyncMongoClient[dict[str, Any]](os.environ["RELAIS_MONGO"], tz_aware=True) as client:
        database, done, started = client[f"{namespace}_floor"], 0, time.perf_counter()
        for name in ("inbox", "states", "outbox"):
            await database.create_collection(name)
        while done < RECORDS:
            batches = await consumer.getmany(timeout_ms=500, max_records=BATCH * PARTITIONS)
            await asyncio.gather(*(lane(database, producer, namespace, records) for records in batches.values()))
            await consumer.commit()
            done += sum(map(len, batches.values()))
        print(round(time.perf_counter() - started, 3))  # noqa: T201 # its one result
    await consumer.stop()
    await producer.stop()


async def lane(database: Database, producer: AIOKafkaProducer, namespace: str, records: list[Any]) -> None:
    """One partition's batch."""
    rows: list[dict[str, Any]] = []
    async with (
        database.client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)),
    ):
        headers = [{name: value.decode() for name, value in record.headers} for record in records]
        known = database["inbox"].find({"_id": {"$in": [each["ce_id"] for each in headers]}}, session=session)
        seen = {row["_id"] async for row in known}
        cases = {record.key.decode() for record in records}
        found = {
            row["_id"]: row async for row in database["states"].find({"_id": {"$in": list(cases)}}, session=session)
        }
        before = {case: row["rev"] for case, row in found.items()}
        for record, header in zip(records, headers, strict=True):
            if header["ce_id"] not in seen:
                rows.append(decide(found, record.key.decode(), orjson.loads(record.value), header))
        await database["inbox"].insert_many([{"_id": each["ce_id"]} for each in headers], session=session)
        writes = [
            ReplaceOne({"_id": case, "rev": before[case]}, row) if case in before else InsertOne(row)
            for case, row in found.items()
        ]
        await database["states"].bulk_write(writes, ordered=False, session=session)
        await database["outbox"].insert_many(rows, session=session)
    sent = [
        await producer.send(
            f"{namespace}.relais.standing",
            row["bytes"],
            row["subject"].encode(),
            headers=[(name, text.encode()) for name, text in row["headers"].items()],
        )
        for row in rows
    ]
    await asyncio.gather(*sent)
    await database["outbox"].update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$unset": {"pending": ""}})


def decide(found: dict[str, dict[str, Any]], case: str, report: Any, header: dict[str, str]) -> dict[str, Any]:
    """The trivial service: counts a case's reports, and says its standing."""
    state = found.setdefault(case, {"_id": case, "rev": 0, "reports": []})
    state["rev"] += 1
    state["reports"].append(report["report_id"])
    id_ = str(uuid5(UUID(header["ce_id"]), "referral/case.standing-changed.v1/0"))
    body = {"report_id": report["report_id"], "integrator": report["integrator"], "standing": "taken-in-charge"}
    headers = {**header, "ce_id": id_, "ce_type": "case.standing-changed.v1", "ce_sequence": f"{state['rev']:010}"}
    return {"_id": id_, "subject": case, "headers": headers, "bytes": orjson.dumps(body), "pending": True}


if __name__ == "__main__":
    uvloop.run(main())
