"""A house under fire on servers of its own: what comes in is mixed, poisoned and withdrawn, and anything may die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from random import Random
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from joserfc.jwk import KeySetSerialization

from deploy.local.server import Server
from deploy.local.stack import Stack
from deploy.samples.bad import bad_samples
from deploy.samples.desk import Desk, Sample
from deploy.samples.good import good_samples
from deploy.samples.people import a_consent, a_content
from tests.delivery.crafted import CODECS, Crafted, batch, bomb
from tests.delivery.hits import HITS
from tests.delivery.raw_batches import raw_producer
from tests.flow.campaign import Campaign
from tests.flow.failing_reader import FAILED
from tests.flow.promises import Place

GOOD = Crafted(b"no report")
NO_TEXT = Crafted(b"no report", headers=[(b"\xff\xfe", b"1")])
POISON: Mapping[str, bytes] = {
    "header-no-text": batch(NO_TEXT, GOOD),
    "header-no-text-zstd": batch(NO_TEXT, codec=CODECS["zstd"]),
    "bytes-after-gzip": batch(GOOD, GOOD, codec=CODECS["gzip"], after=b"trailing"),
    "wrong-length": batch(Crafted(length=200), codec=CODECS["zstd"]),
    "nothing-in-it": batch(Crafted(None, None)),
    "before-1970": batch(GOOD, first_at=-5),
    "bomb": bomb(CODECS["zstd"], 64 * 1024 * 1024),
}
RECORDS_IN = {"header-no-text": 2, "bytes-after-gzip": 2}
AT_REST_WITHIN = 60.0
GROUPS = ("intake", "referral", "notification")
WITHDRAWN_AT_ONCE, AGAIN = 12, 2
MIXED_AT_ONCE = 8


@dataclass
class Storm:
    """Mixed records in bursts at random moments, and one fault after the other."""

    campaign: Campaign
    published: KeySetSerialization
    servers: Mapping[str, Callable[[], None]]
    chance: Random = field(default_factory=lambda: Random(19))  # noqa: S311 # no secret

    @asynccontextmanager
    async def rain(self) -> AsyncIterator[None]:
        """Records come in until this is left; whatever was on its way by then is waited for."""
        over = asyncio.Event()
        raining = asyncio.create_task(self._rain(over))
        try:
            yield
        finally:
            over.set()
            await raining

    async def kill_a_service(self) -> None:
        """End one service in whatever it is doing, and start it again."""
        name = self.chance.choice([*self.campaign.house.services])
        await self.campaign.kill(name)
        HITS[f"killed {name}"] += 1

    async def kill_a_server(self, name: str) -> None:
        """End a server as a power cut would, and start it again."""
        await asyncio.to_thread(self.servers[name])
        HITS[f"killed {name}"] += 1

    async def _rain(self, over: asyncio.Event) -> None:
        samples = self._samples()
        while not over.is_set():
            gust = self.chance.choice(
                [self._mixed, self._mixed, self._mixed, self._withdrawn, self._poisoned, self._poisoned]
            )
            with suppress(KafkaError, OSError):  # the broker is away: what it has not acknowledged counts for nothing
                await gust(samples)
            await asyncio.sleep(self.chance.uniform(0.2, 1.5))

    def _samples(self) -> Iterator[Sample]:
        while True:
            desk = self._desk()
            yield from chain.from_iterable(zip(good_samples(desk), bad_samples(desk), strict=False))

    def _desk(self) -> Desk:
        return Desk(self.published, uuid4(), datetime.now(UTC))

    async def _mixed(self, samples: Iterator[Sample]) -> None:
        await self.campaign.send([*islice(samples, MIXED_AT_ONCE)])

    async def _withdrawn(self, samples: Iterator[Sample]) -> None:
        """Many reports taken back at once, each several times, with new ones between them."""
        desk, station = self._desk(), "GN-31-0412"
        content = a_content(1, desk.now, a_consent("given"))
        names = [f"mistake-{n}" for n in range(WITHDRAWN_AT_ONCE)]
        await self._at_once([desk.report(name, station, content, urgency="urgent") for name in names])
        back = [desk.withdrawal(f"{name}-back-{n}", station, of=name) for n in range(AGAIN) for name in names]
        await self._at_once([*back, *islice(samples, MIXED_AT_ONCE)])
        HITS["withdrawn at once"] += WITHDRAWN_AT_ONCE

    async def _at_once(self, samples: Sequence[Sample]) -> None:
        await asyncio.gather(*(self.campaign.send([each]) for each in samples))

    async def _poisoned(self, _samples: Iterator[Sample]) -> None:
        house, kind = self.campaign.house, self.chance.choice([*POISON])
        topic, partition = f"station.reports.{self.chance.choice(['police', 'gendarmerie'])}", self.chance.randrange(6)
        async with raw_producer(house.kafka) as raw:
            first = await raw.send(TopicPartition(f"{house.namespace}.{topic}", partition), POISON[kind])
        many = RECORDS_IN.get(kind, 1)
        self.campaign.acknowledged += [Place(topic, partition, first + n) for n in range(many)]
        HITS[f"poison {kind}"] += many


def servers_of(stack: Stack) -> Mapping[str, Callable[[], None]]:
    """How to kill and restart each server that records and documents stand in."""
    if stack.is_cluster:
        return {"a broker": _again(stack.brokers.members[1]), "the primary": lambda: _kill_primary(stack)}
    return {"the broker": _again(stack.kafka), "the database": _again(stack.mongo)}


def _again(server: Server) -> Callable[[], None]:
    def again() -> None:
        server.kill()
        server.start()

    return again


def _kill_primary(stack: Stack) -> None:
    primary = stack.members.primary()
    assert primary
    primary.kill()
    stack.members.start()


async def lag(campaign: Campaign) -> Mapping[str, int]:
    """How many records each service has still to read, by what its group has committed."""
    house = campaign.house
    admin = AIOKafkaAdminClient(bootstrap_servers=house.kafka)
    asking = AIOKafkaConsumer(bootstrap_servers=house.kafka, isolation_level="read_committed")
    await admin.start()
    await asking.start()
    try:
        done = {name: await admin.list_consumer_group_offsets(f"{house.namespace}.{name}") for name in GROUPS}
        ends = await asking.end_offsets([tp for each in done.values() for tp in each])
        return {name: sum(ends[tp] - at.offset for tp, at in each.items()) for name, each in done.items()}
    finally:
        await admin.close()
        await asking.stop()


async def come_to_rest(campaign: Campaign) -> float:
    """Seconds until nobody lags. Raises `TimeoutError`, which tells how the lag went, where that takes too long."""
    loop, found = asyncio.get_running_loop(), list[Mapping[str, int]]()
    began = loop.time()
    while not found or any(found[-1].values()):
        if loop.time() - began > AT_REST_WITHIN:
            raise TimeoutError(f"stuck: {found[::10]}")
        await asyncio.sleep(0.5)
        campaign.house.check_alive()
        found.append(await lag(campaign))
    return loop.time() - began


async def numbers(campaign: Campaign, service: str) -> Mapping[str, float]:
    """What a service counts, each number summed over its labels."""
    house = campaign.house
    text = (await house.client.get(house.services[service].metrics_address)).text
    found = dict[str, float]()
    for line in text.splitlines():
        name, value = line.partition("{")[0], line.rpartition(" ")[2]
        if not line.startswith("#") and "{" in line:
            found[name] = found.get(name, 0.0) + float(value)
    return found


def count_failures(campaign: Campaign) -> int:
    """How often the services' Kafka clients failed with records in hand."""
    return campaign.house.logs().count(FAILED)
