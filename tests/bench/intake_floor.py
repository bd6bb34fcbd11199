"""The floor of intake's Kafka door: the same cryptography and the same writes, with no promise but the transaction.

Per partition batch: open each content, make two data keys a report and save them, seal, sign a receipt; one
transaction (inbox, report, two outbox rows); publish, mark, commit offsets. It checks nothing of what stations say.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OKPKey
from pydantic import SecretBytes
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.vault.crypt import OPAQUE, Crypt
from shared.vault.masters import Compartment

Rows = list[dict[str, Any]]
BATCH, PARTITIONS, OF_ONE_TURN = 500, 6, 32
KEY, SIGNING = ECKey.import_key(orjson.loads(os.environ["BARE_KEY"])), OKPKey.generate_key("Ed25519")
SIGNATURES = jws.JWSRegistry(algorithms=["Ed25519"])
CASE: tuple[Compartment, ...] = ("contact", "file")
CRYPTS = {name: Crypt(name, SecretBytes(secrets.token_bytes(96))) for name in CASE}
REPORTS, SAID, RECEIPTS = "bare.station.reports.police", "bare.relais.intake", "bare.station.receipts.police"


async def main() -> None:
    """Take reports until it is ended."""
    kafka = os.environ["RELAIS_KAFKA"]
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=262_144
    )
    consumer = AIOKafkaConsumer(
        REPORTS, bootstrap_servers=kafka, group_id="bare", auto_offset_reset="earliest", enable_auto_commit=False
    )
    await producer.start()
    await consumer.start()
    async with AsyncMongoClient[dict[str, Any]](os.environ["RELAIS_MONGO"]) as client:
        for name in ("inbox", "reports", "outbox"):
            await client["bare"].create_collection(name)
        while True:
            batches = await consumer.getmany(timeout_ms=500, max_records=BATCH * PARTITIONS)
            await asyncio.gather(*(lane(client, producer, records) for records in batches.values()))
            if batches:
                await consumer.commit()


async def lane(client: Any, producer: AIOKafkaProducer, records: Sequence[Any]) -> None:
    """One partition's batch."""
    database, reports, keys, rows = client["bare"], [], dict[Compartment, Rows](), Rows()
    for n, record in enumerate(records, start=1):
        reports.append(open_report(record))
        if n % OF_ONE_TURN == 0:
            await asyncio.sleep(0)
    for name, crypt in CRYPTS.items():
        keys[name] = [crypt.new_key(each["case_id"]) for each in reports]
    vault = client.get_database("bare_vault", OPAQUE)
    await asyncio.gather(*(vault[name].insert_many(made, ordered=False) for name, made in keys.items()))
    for n, report in enumerate(reports):
        rows += say(report, {name: made[n] for name, made in keys.items()})
    async with (
        client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)),
    ):
        ids = {"_id": {"$in": [each["_id"] for each in reports]}}
        await database["inbox"].find(ids, session=session).to_list()
        await database["reports"].find(ids, session=session).to_list()
        await database["inbox"].insert_many(
            [{"_id": each["_id"], "at": each["at"]} for each in reports], session=session
        )
        receipts = [orjson.loads(row["bytes"]) for row in rows[1::2]]
        filed = [{"_id": each["_id"], "receipt": receipt} for each, receipt in zip(reports, receipts, strict=True)]
        await database["reports"].insert_many(filed, session=session)
        await database["outbox"].insert_many(rows, session=session)
    sent = [
        await producer.send(row["topic"], row["bytes"], row["subject"].encode(), headers=list(row["headers"].items()))
        for row in rows
    ]
    await asyncio.gather(*sent)
    await database["outbox"].update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$unset": {"pending": ""}})


def open_report(record: Any) -> dict[str, Any]:
    """A report, opened."""
    clear = orjson.loads(record.value)
    content = orjson.loads(jwe.decrypt_compact(clear.pop("sealed"), KEY).plaintext or b"")
    digest, case_id = hashlib.sha256(record.value).hexdigest(), str(uuid5(NAMESPACE_URL, clear["report_id"]))
    contact = orjson.dumps(content["persons"][0].pop("contact"))
    own = {"_id": clear["report_id"], "at": record.timestamp, "case_id": case_id, "sha256": digest}
    return {**own, "clear": clear, "contact": contact, "file": orjson.dumps(content)}


def say(report: dict[str, Any], keys: dict[Compartment, Any]) -> Rows:
    """What the others are told, with all that is personal sealed, and what the station is answered, signed."""
    sealed = {name: CRYPTS[name].encrypt(key, report[name]).hex() for name, key in keys.items()}
    receipt = {"report_id": report["_id"], "outcome": "accepted", "sha256": report["sha256"], "at": report["at"]}
    jws_ = jws.serialize_compact({"alg": "Ed25519"}, orjson.dumps(receipt), SIGNING, registry=SIGNATURES)
    told = ((SAID, report["case_id"], report["clear"] | sealed), (RECEIPTS, report["_id"], receipt | {"jws": jws_}))
    return [
        {
            "_id": f"{topic} {subject}",
            "topic": topic,
            "subject": subject,
            "headers": {"ce_id": subject.encode(), "ce_type": topic.encode()},
            "bytes": orjson.dumps(body),
            "pending": True,
        }
        for topic, subject, body in told
    ]


if __name__ == "__main__":
    uvloop.run(main())
