"""The floor of an idle service: a process that imports the libraries that services use, connects, and does nothing."""

import asyncio
import importlib
import os

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient

LIBRARIES = (
    "aiosmtplib",
    "email_validator",
    "fastapi",
    "faststream.kafka",
    "httpx",
    "joserfc.jwe",
    "joserfc.jwt",
    "langcodes",
    "opentelemetry.sdk.trace",
    "orjson",
    "phonenumbers",
    "prometheus_client",
    "pydantic_settings",
    "pymongocrypt.synchronous.explicit_encrypter",
    "structlog",
    "uuid6",
    "uvicorn",
)


async def main() -> None:
    """Connect, and wait to be ended."""
    for library in LIBRARIES:
        importlib.import_module(library)
    kafka = os.environ["RELAIS_KAFKA"]
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    consumer = AIOKafkaConsumer("relais.intake", bootstrap_servers=kafka, group_id="idle-floor")
    await producer.start()
    await consumer.start()
    async with AsyncMongoClient[dict[str, object]](os.environ["RELAIS_MONGO"]) as client:
        await client["idle"].command("ping")
        await asyncio.gather(consumer.getone(), asyncio.Event().wait())


if __name__ == "__main__":
    uvloop.run(main())
