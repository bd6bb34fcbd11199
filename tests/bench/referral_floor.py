"""The floor of referral: the same cryptography and the same writes, with no rule and no promise but the transaction.

Per partition batch: open each report's contact and file, seal whom to tell and why; one transaction (inbox, case,
dossier, mark, two clocks, two outbox rows); publish, mark, commit offsets. It chooses nobody.
"""

import asyncio
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.vault import MasterFiles, Plain, Sealed, Vault
from shared.vault.crypt import OPAQUE

Rows = list[dict[str, Any]]
BATCH, PARTITIONS = 500, 6
HEARD, SAID = "bare.relais.intake", "bare.relais.cases"
EXPLANATION = b'{"rule":"lightest-load","candidates":[]}' + b" " * 400


async def main() -> None:
    """Take reports until it is ended."""
    kafka = os.environ["RELAIS_KAFKA"]
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=262_144
    )
    consumer = AIOKafkaConsumer(
        HEARD, bootstrap_servers=kafka, group_id="bare", auto_offset_reset="earliest", enable_auto_commit=False
    )
    await producer.start()
    await consumer.start()
    async with AsyncMongoClient[dict[str, Any]](os.environ["RELAIS_MONGO"]) as client:
        vault = Vault(client.get_database("vault", OPAQUE), MasterFiles().read(("contact", "file")))
        for name in ("inbox", "cases", "dossiers", "marks", "deadlines", "outbox"):
            await client["bare"].create_collection(name)
        while True:
            batches = await consumer.getmany(timeout_ms=500, max_records=BATCH * PARTITIONS)
            await asyncio.gather(*(lane(client, vault, producer, records) for records in batches.values()))
            if batches:
                await consumer.commit()


async def lane(client: Any, vault: Vault, producer: AIOKafkaProducer, records: Sequence[Any]) -> None:
    """One partition's batch."""
    database, reports = client["bare"], [orjson.loads(record.value) for record in records]
    cases = [each["case_id"] for each in reports]
    await vault.open_many(
        [Sealed(name, each["case_id"], b64decode(each[name])) for each in reports for name in ("contact", "file")]
    )
    told = await vault.seal_many([Plain("contact", case, EXPLANATION) for case in cases])
    why = await vault.seal_many([Plain("file", case, EXPLANATION) for case in cases])
    rows = [row for each in zip(reports, told, why, strict=True) for row in say(*each)]
    async with (
        client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)),
    ):
        for name in ("inbox", "cases"):
            await database[name].find({"_id": {"$in": cases}}, session=session).to_list()
        clear = [{k: v for k, v in each.items() if k not in ("contact", "file")} for each in reports]
        await database["inbox"].insert_many([{"_id": case} for case in cases], session=session)
        await database["cases"].insert_many(
            [{"_id": each["case_id"], "explanation": EXPLANATION.decode(), **each} for each in clear], session=session
        )
        kept = [{"_id": each["case_id"], "contact": each["contact"], "file": each["file"]} for each in reports]
        await database["dossiers"].insert_many(kept, session=session)
        await database["marks"].insert_many([{"_id": case, "marks": [case]} for case in cases], session=session)
        clocks = [{"_id": f"{case} {n}", "case_id": case, "due_at": n} for case in cases for n in range(2)]
        await database["deadlines"].insert_many(clocks, session=session)
        await database["outbox"].insert_many(rows, session=session)
    sent = [
        await producer.send(SAID, row["bytes"], row["subject"].encode(), headers=list(row["headers"].items()))
        for row in rows
    ]
    await asyncio.gather(*sent)
    await database["outbox"].update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$unset": {"pending": ""}})


def say(report: dict[str, Any], told: bytes, why: bytes) -> Rows:
    """That a case was opened, and that somebody was given it."""
    case = report["case_id"]
    bodies = (
        {"case_id": case, "report_id": report["report_id"], "station": report["station"]},
        {"post_id": "post", "notify": b64encode(told).decode(), "file": b64encode(why).decode()},
    )
    return [
        {
            "_id": str(uuid5(UUID(case), str(n))),
            "subject": case,
            "headers": {"ce_id": case.encode(), "ce_type": b"case.event.v1"},
            "bytes": orjson.dumps(body),
            "pending": True,
        }
        for n, body in enumerate(bodies)
    ]


if __name__ == "__main__":
    uvloop.run(main())
