"""A notification ready to be started on the real servers, and a mail server that answers as a test wishes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from services.notification.commands import migrate_database
from services.notification.settings import NotificationSettings
from shared.contracts.topics import RELAIS_TOPICS
from shared.delivery.broker import build_producer
from shared.settings import read_settings
from shared.vault import MasterFiles, Vault, new_master
from shared.vault import migrate as migrate_vault
from tests.notification.running import World, a_free_port
from tests.notification.sink import Sink


@pytest.fixture(scope="module")
async def world(
    kafka: str, mongo_url: str, mongo: AsyncMongoClient[Any], namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Topics, databases, keys; the mail server is not open yet."""
    sink, masters = Sink(a_free_port()), tmp_path_factory.mktemp("masters")
    environment = {
        "RELAIS_KAFKA": kafka,
        "RELAIS_MONGO": mongo_url,
        "RELAIS_NAMESPACE": namespace,
        "RELAIS_SMTP": f"127.0.0.1:{sink.port}",
        **an_environment(masters),
    }
    await make_topics(kafka, namespace)
    await migrate_vault(mongo[f"{namespace}_vault"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        await migrate_database(read_settings(NotificationSettings))
        vault = Vault(mongo[f"{namespace}_vault"], MasterFiles().read(("contact",)))
    producer = build_producer(kafka)
    await producer.start()
    async with httpx.AsyncClient() as client:
        database = mongo[f"{namespace}_notification"]
        yield World(kafka, namespace, environment, vault, database, producer, sink, client)
    await producer.stop()
    await vault.close()


def an_environment(folder: Path) -> dict[str, str]:
    """The settings of a notification process, its master keys in files; it loses patience soon."""
    environment = {
        "RELAIS_ISSUER": "https://issuer.invalid",
        "RELAIS_AUTHID_SECRET": "s" * 32,
        "RELAIS_METRICS_PORT": "0",
        "RELAIS_INSTANCE": "notification-test",
        "RELAIS_LINK_BASE": "https://relais.example",
        "RELAIS_SMTP_TIMEOUT": "2",
        "RELAIS_NOTICE_RETRY": "1",
    }
    for name in ("CONTACT", "SET_ASIDE"):
        path = folder / name.lower()
        path.write_bytes(new_master())
        environment[f"RELAIS_MASTER_{name}_FILE"] = str(path)
    return environment


async def make_topics(kafka: str, namespace: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{namespace}.{topic.name}", 2, 1) for topic in RELAIS_TOPICS])
    finally:
        await admin.close()
