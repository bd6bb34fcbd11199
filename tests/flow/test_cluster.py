"""Three brokers and three members of a replica set, as in production: some are killed, and no promise is broken."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient

from cli.replication import TopicCopies, look
from deploy.local import ROOT
from deploy.local.passing import passing_stack
from deploy.local.stack import Stack
from deploy.local.trouble import StackTrouble
from deploy.samples.bad import bad_samples
from deploy.samples.desk import Sample
from deploy.samples.good import good_samples
from shared.contracts.topics import RELAIS_TOPICS
from shared.delivery.opening import connect
from tests.conftest import RUN
from tests.flow.campaign import Campaign, settings_of
from tests.flow.conftest import a_house
from tests.flow.house import PATIENCE

EXPOSURES = int(os.environ.get("RELAIS_EXPOSURES", "1"))
"""How often a broker and the primary are killed; `make torture` asks for twenty."""
AT_ONCE = 12
GROUPS = ("intake", "referral", "notification")
SERVERS = ("kafka-1", "kafka-2", "kafka-3", "mongo-1", "mongo-2", "mongo-3")
Mongo = AsyncMongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Stack]:
    """The servers of a production in small, which these tests may kill."""
    with passing_stack({}, cluster=True) as stack:
        stack.start()
        yield stack


@pytest.fixture(scope="module")
async def campaign(cluster: Stack) -> AsyncIterator[Campaign]:
    async with connect(settings_of(cluster), "test-cluster") as mongo, a_house(cluster, mongo, f"{RUN}three") as house:
        yield Campaign(house)


@pytest.fixture(scope="module")
async def samples(campaign: Campaign) -> Iterator[Sample]:
    """Good and bad records in turn, each round with ids of its own."""
    desks = [await campaign.house.desk(uuid4()) for _ in range(1 + 4 * EXPOSURES)]
    pairs = (zip(good_samples(desk), bad_samples(desk), strict=False) for desk in desks)
    return chain.from_iterable(chain.from_iterable(pairs))


async def type_(cluster: Stack, *words: str, **settings: str) -> tuple[int, str]:
    """What a module answers when it is run by hand on these servers."""
    environment = {**os.environ, **cluster.settings(), "RELAIS_STATE": str(cluster.folder), "COLUMNS": "300"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=ROOT,
        env=environment | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_topics_with_one_copy_are_raised_to_three_and_keep_their_other_settings(cluster: Stack) -> None:
    namespace = f"{RUN}copies"
    few = await type_(cluster, "cli", "migrate", RELAIS_NAMESPACE=namespace, RELAIS_KAFKA_REPLICATION="1")
    assert few[0] == 0, few
    before = await _copies(cluster, namespace)
    assert {(each.copies, each.must_be_in_step) for each in before} == {(1, 1)}
    many = await type_(cluster, "cli", "migrate", RELAIS_NAMESPACE=namespace, RELAIS_KAFKA_REPLICATION="3")
    assert many[0] == 0, many
    assert "6 topics: from now on 3 copies of each record" in many[1]
    assert "6 topics: from now on 2 copies must be in step (min.insync.replicas)" in many[1]
    after = await _copies(cluster, namespace)
    assert {(each.copies, each.in_step, each.must_be_in_step) for each in after} == {(3, 3, 2)}
    assert {held[0] for each in before for held in each.partitions.values()} == {1, 2, 3}
    assert [held[0] for each in after for held in each.partitions.values()] == [
        held[0] for each in before for held in each.partitions.values()
    ]
    assert await _retention(cluster, f"{namespace}.relais.audit") == "-1"
    again = await type_(cluster, "cli", "migrate", RELAIS_NAMESPACE=namespace)
    assert again[0] == 0 and "from now on" not in again[1], again


async def test_a_cluster_shows_each_member_and_is_not_joined_by_servers_of_another_shape(cluster: Stack) -> None:
    status, said = await type_(cluster, "deploy.local", "status")
    assert status == 0, said
    assert all(f"{name} runs" in said for name in SERVERS)
    with pytest.raises(StackTrouble, match=r"kafka-1 .* run here already, with other data: make down, then make up"):
        await asyncio.to_thread(Stack(cluster.folder, cluster=False).start)


@pytest.mark.parametrize("exposure", range(EXPOSURES))
async def test_a_broker_that_is_killed_breaks_no_promise(
    campaign: Campaign, cluster: Stack, samples: Iterator[Sample], exposure: int
) -> None:
    broker = cluster.brokers.members[exposure % 3]
    await campaign.send([*islice(samples, AT_ONCE)])
    await asyncio.to_thread(broker.kill)
    await campaign.send([*islice(samples, AT_ONCE)])
    status, said = await type_(cluster, "cli", "migrate", RELAIS_NAMESPACE=RUN, RELAIS_KAFKA_REPLICATION="3")
    assert status == 1
    assert "only 2 brokers answer: start the others, then type relais migrate again" in said
    await asyncio.to_thread(broker.start)
    await campaign.check()
    assert await _lag(campaign) == 0


@pytest.mark.parametrize("exposure", range(EXPOSURES))
async def test_a_primary_that_is_killed_breaks_no_promise(
    campaign: Campaign, cluster: Stack, samples: Iterator[Sample], exposure: int
) -> None:
    await campaign.send([*islice(samples, AT_ONCE)])
    primary = await asyncio.to_thread(cluster.members.primary)
    assert primary is not None
    await asyncio.to_thread(primary.kill)
    await campaign.send([*islice(samples, AT_ONCE)])
    status, said = await type_(cluster, "deploy.local", "status")
    assert (status, f"{primary.name} does not run" in said) == (1, True)
    await asyncio.to_thread(primary.start)
    await campaign.check()
    assert await _lag(campaign) == 0


async def _copies(cluster: Stack, namespace: str) -> list[TopicCopies]:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.settings()["RELAIS_KAFKA"])
    await admin.start()
    try:
        return await look(admin, [f"{namespace}.{topic.name}" for topic in RELAIS_TOPICS])
    finally:
        await admin.close()


async def _retention(cluster: Stack, topic: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.settings()["RELAIS_KAFKA"])
    await admin.start()
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": ""})
        [answer] = await admin.describe_configs([asked])
    finally:
        await admin.close()
    [entry] = answer.to_object()["resources"][0]["config_entries"]
    return str(entry["config_value"])


async def _lag(campaign: Campaign) -> int:
    """How many records of any group are still to be read, once they had time to be."""
    found = -1
    for _ in range(round(PATIENCE)):
        if (found := await _lag_now(campaign)) == 0:
            break
        await asyncio.sleep(1)
    return found


async def _lag_now(campaign: Campaign) -> int:
    kafka, namespace = campaign.house.kafka, campaign.house.namespace
    admin, enquirer = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaConsumer(bootstrap_servers=kafka)
    await admin.start()
    await enquirer.start()
    try:
        read = [await admin.list_consumer_group_offsets(f"{namespace}.{group}") for group in GROUPS]
        assert all(read)
        ends = await enquirer.end_offsets([place for each in read for place in each])
        return sum(ends[place] - at.offset for each in read for place, at in each.items())
    finally:
        await enquirer.stop()
        await admin.close()
