"""The floor of the way from report to mail: three bare loops, one a process, on aiokafka, PyMongo and aiosmtplib.

Each reads a batch, saves its rows in one transaction, says what follows, and commits offsets. No promise but these.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiosmtplib import SMTP
from joserfc import jwe
from joserfc.jwk import ECKey
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.read_concern import ReadConcern

Rows = list[dict[str, Any]]
KEY = ECKey.import_key(json.loads(os.environ["BARE_KEY"]))
READS = {
    "intake": ("bare.station.reports.police", "bare.station.reports.gendarmerie"),
    "referral": ("bare.relais.intake",),
    "notification": ("bare.relais.cases",),
}
SAYS = {"intake": "bare.relais.intake", "referral": "bare.relais.cases"}


def open_reports(records: Sequence[Any]) -> Rows:
    """What intake must do at least: open the content, and name the case."""
    rows = []
    for record in records:
        clear = json.loads(record.value)
        content = json.loads(jwe.decrypt_compact(clear.pop("sealed"), KEY).plaintext or b"")
        rows.append({"case": str(uuid5(NAMESPACE_URL, clear["report_id"])), **clear, "people": len(content["persons"])})
    return rows


def read(records: Sequence[Any]) -> Rows:
    """What the others read."""
    return [json.loads(record.value) for record in records]


async def main(stage: str) -> None:
    """One stage, until it is ended."""
    kafka = os.environ["RELAIS_KAFKA"]
    consumer = AIOKafkaConsumer(
        *READS[stage],
        bootstrap_servers=kafka,
        group_id=f"bare-{stage}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    await consumer.start()
    post = await _post_office() if stage == "notification" else _say(producer, SAYS[stage])
    async with AsyncMongoClient[dict[str, Any]](os.environ["RELAIS_MONGO"]) as client:
        rows = client["bare"][stage]
        await rows.insert_one({"_id": "first"})
        while True:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found = (open_reports if stage == "intake" else read)(records)
                await _save(client, rows, found)
                await post(found)
            await consumer.commit()


async def _save(client: Any, rows: Any, found: Rows) -> None:
    async with (
        client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)),
    ):
        await rows.insert_many([{"_id": row["case"], **row} for row in found], session=session)


def _say(producer: AIOKafkaProducer, topic: str) -> Callable[[Rows], Awaitable[None]]:
    async def say(found: Rows) -> None:
        sent = [await producer.send(topic, json.dumps(row).encode(), row["case"].encode()) for row in found]
        await asyncio.gather(*sent)

    return say


async def _post_office() -> Callable[[Rows], Awaitable[None]]:
    host, _, port = os.environ["RELAIS_SMTP"].partition(":")
    line = SMTP(hostname=host, port=int(port))
    await line.connect()

    async def mail(found: Rows) -> None:
        for row in found:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = (
                "relais@relais.example",
                "iscg@relais.example",
                "A case",
            )
            message.set_content(f"http://127.0.0.1/v1/cases/{row['case']}\n")
            await line.send_message(message)

    return mail


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
