"""A referral with its sample roster, ready to be started on the real servers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from deploy.local.issuer.config import new_config
from deploy.local.issuer.server import build_issuer
from services.referral.commands import import_roster, migrate_database, tell_stations
from services.referral.roster_file import read_roster_file
from services.referral.settings import ReferralSettings
from shared.contracts.topics import RELAIS_TOPICS
from shared.contracts.vocabulary import RosterReason
from shared.delivery.broker import build_producer
from shared.settings import read_settings
from shared.vault import MasterFiles, Vault, new_master
from shared.vault import migrate as migrate_vault
from shared.web.front import serve
from tests.delivery.lane_of_one import Bench
from tests.referral.lane import open_bench
from tests.referral.running import World, a_free_port
from tests.referral.test_roster_file import SAMPLE

PARTITIONS = 6
PEOPLE = {
    "iscg-31-a": ["iscg"],
    "iscg-31-b": ["iscg"],
    "iscg-of-nowhere": ["iscg"],
    "coordinator-31": ["coordinator"],
    "coordinator-09": ["coordinator"],
    "inspector-a": ["inspector"],
    "inspector-b": ["inspector"],
    "statistician": ["statistician"],
    "cidff-31": ["partner"],
    "siao-31": ["partner"],
}


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """A lane of referral with three posts, of which one covers two stations."""
    made = await open_bench(mongo, namespace)
    yield made
    await made.vault.close()


@pytest.fixture(scope="module")
async def world(
    kafka: str, mongo_url: str, mongo: AsyncMongoClient[Any], namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Topics, databases, keys, an issuer, and the sample roster."""
    issuer = new_config(f"http://127.0.0.1:{a_free_port()}", PEOPLE)
    environment = an_environment(tmp_path_factory.mktemp("masters"), issuer.address)
    environment |= {"RELAIS_KAFKA": kafka, "RELAIS_MONGO": mongo_url, "RELAIS_NAMESPACE": namespace}
    await make_topics(kafka, namespace)
    await migrate_vault(mongo[f"{namespace}_vault"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = read_settings(ReferralSettings)
        await migrate_database(settings)
        await import_roster(settings, read_roster_file(SAMPLE, settings.authid_of), RosterReason.OPENING, None)
        await tell_stations(settings)
        vault = Vault(mongo[f"{namespace}_vault"], MasterFiles().read(("contact", "file", "access")))
    producer = build_producer(kafka)
    await producer.start()
    async with serve(build_issuer(issuer), "127.0.0.1", issuer.port), httpx.AsyncClient() as client:
        yield World(kafka, namespace, environment, vault, issuer, producer, client)
    await producer.stop()
    await vault.close()


def an_environment(folder: Path, issuer: str) -> dict[str, str]:
    """The settings of a referral process, its master keys in files."""
    environment = {
        "RELAIS_ISSUER": issuer,
        "RELAIS_AUTHID_SECRET": "s" * 32,
        "RELAIS_LINK_BASE": "https://relais.example",
        "RELAIS_LINK_SECRETS": "l" * 32,
        "RELAIS_CODE_SECRETS": "c" * 32,
        "RELAIS_SESSION_SECRETS": "e" * 32,
        "RELAIS_METRICS_PORT": "0",
        "RELAIS_INSTANCE": "referral-test",
    }
    for name in ("CONTACT", "FILE", "SET_ASIDE", "ACCESS"):
        path = folder / name.lower()
        path.write_bytes(new_master())
        environment[f"RELAIS_MASTER_{name}_FILE"] = str(path)
    return environment


async def make_topics(kafka: str, namespace: str) -> None:
    """Our own topics, with partitions enough for several instances."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{namespace}.{topic.name}", PARTITIONS, 1) for topic in RELAIS_TOPICS])
    finally:
        await admin.close()
