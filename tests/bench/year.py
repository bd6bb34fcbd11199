"""A country's reports at once, on all four services with a country's roster, until every topic, mail and line rests."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from joserfc.jwk import KeySetSerialization
from pymongo import MongoClient

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from tests.bench.bare import floors
from tests.bench.roster import PARTNERS, stations, write_country
from tests.bench.rows import Row, cpu_seconds, peak, used

REPORTS = 3_000
STAGES = ("intake", "referral", "notification")
POLL, RESTING, RESTING_IN_ARREARS = 0.25, 5.0, 20.0
"""Seconds between looks, and without any change until it counts as rest: longer while there are fewer mails than
reports. There may be fewer in the end: of much that one person is told within an hour, most is gathered."""
PATIENCE, SLOWEST = 300.0, 15.0
"""A run may take so many seconds, and besides as long as so many reports a second take."""
SETTLING, AT_REST = 3.0, 0.3
"""Seconds between looks before anything is sent, and of how many cores all processes together make use at rest."""
MEBI = 1024 * 1024
Pids = Mapping[str, int]


class Spent(NamedTuple):
    """What a run took: seconds until the last change, and of each process its processor time in seconds."""

    seconds: float
    cpu: Mapping[str, float]

    def each(self, reports: int) -> str:
        """Milliseconds of processor time a report, in all and by process."""
        parts = ", ".join(f"{name} {seconds / reports * 1000:.1f}" for name, seconds in self.cpu.items())
        return f"{sum(self.cpu.values()) / reports * 1000:.1f} ms ({parts})"


def measure(stack: Stack, say: Callable[[str], None], reports: int = REPORTS, rounds: int = 1) -> list[Row]:
    """The bare chain of three processes, then the four services, on the same servers: so many reports, and again."""
    say("Year: a bare chain of three processes")
    with floors(stack, [["tests.bench.latency_floor", stage] for stage in STAGES]) as floor:
        pids = {**dict(zip(STAGES, floor.pids, strict=True)), **_servers(stack)}
        bare = asyncio.run(_run(stack, pids, "bare.", _samples(floor.keys, range(reports)), say))
    house = House(stack, samples=write_country(stack.folder / "country"))
    house.open()
    try:
        pids = {**{name: service.process.pid() or 0 for name, service in house.services.items()}, **_servers(stack)}
        keys, before = published_keys(house), _transactions(stack)
        ours, memory = [], list[Row]()
        for n in range(rounds):
            samples = _samples(keys, range(n * reports, (n + 1) * reports))
            ours.append(asyncio.run(_run(stack, pids, "", samples, say)))
            memory += _memory(pids, f"after {(n + 1) * reports} reports" if rounds > 1 else "after it")
        transactions, longest = _transactions(stack) - before, _longest(house)
        repeats = asyncio.run(_repeats(stack.settings()["RELAIS_KAFKA"]))
        rates = [row for each in ours for row in _rows(bare, each, reports)]
        return [*rates, *_counts(transactions / reports / rounds, repeats, longest), *memory]
    finally:
        house.close()


def _rows(bare: Spent, ours: Spent, reports: int) -> Iterator[Row]:
    rates = reports / bare.seconds, reports / ours.seconds
    yield Row(
        f"{reports} reports at once, reports/s",
        f"{rates[0]:.0f}",
        f"{rates[1]:.0f}",
        f"{rates[1] / rates[0]:.2f}",
        "≥ 100",
    )
    ratio = f"{sum(ours.cpu.values()) / sum(bare.cpu.values()):.1f}"
    yield Row("processor time a report", bare.each(reports), ours.each(reports), ratio, "≤ 13 ms")


def _counts(transactions: float, repeats: Mapping[str, int], longest: Mapping[str, str]) -> Iterator[Row]:
    yield Row("transactions a report", "", f"{transactions:.2f}", "", "")
    told = ", ".join(f"{topic} {n}" for topic, n in repeats.items() if n)
    yield Row("events published more than once", "", told or "0", "", "0")
    yield Row("longest unit", "", ", ".join(f"{name} {each}" for name, each in longest.items()), "", "≤ 3 s")


def _memory(pids: Pids, when: str) -> Iterator[Row]:
    for name, pid in pids.items():
        told = f"{used(pid).rss / MEBI:.0f} MiB (at most {peak(pid) / MEBI:.0f})"
        yield Row(f"{name} {when}, RSS", "", told, "", "" if name in ("kafka", "mongod") else "≤ 250 MiB")


def _servers(stack: Stack) -> Pids:
    return {"mongod": stack.mongo.process.pid() or 0, "kafka": stack.kafka.process.pid() or 0}


def _samples(keys: KeySetSerialization, numbers: range) -> list[Sample]:
    """Reports of people who agreed, from all stations in turn, sealed before the clock runs."""
    desk, known = Desk(keys, uuid4(), datetime.now(UTC)), stations()
    return [desk.report(f"r{n}", known[n % len(known)][0], content(n, desk.now)) for n in numbers]


def content(n: int, now: datetime) -> dict[str, Any]:
    """What the n-th person says; nobody is told again, and every third agrees to a partner."""
    said = a_content(n, now, a_consent("given", PARTNERS[n % 2] if n % 3 == 0 else None))
    # One word: of a double name each half stands for itself, and all would be known by the first.
    name = {"family": f"Canari{n:06}", "given": "Fictive"}
    concerned = said["persons"][0] | {"birth_date": f"{now.year - 31}-05-17", "name": name}
    return said | {"persons": [concerned, *said["persons"][1:]]}


async def _run(stack: Stack, pids: Pids, prefix: str, samples: Sequence[Sample], say: Callable[[str], None]) -> Spent:
    """Send all at once, and wait until nothing has changed for some seconds; counted is until the last change."""
    kafka, mails = stack.settings()["RELAIS_KAFKA"], stack.folder / "smtp" / "mail" / "new"
    already = sum(1 for _ in mails.glob("*"))
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as watcher:
        places = await _places(watcher, prefix)
        await _settle(pids)
        before, started = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.monotonic()
        await _send(kafka, prefix, samples)
        last, changed_at, spent = -1, started, before
        async with asyncio.timeout(PATIENCE + len(samples) / SLOWEST):
            mailed = 0
            while time.monotonic() < changed_at + (RESTING if mailed >= len(samples) else RESTING_IN_ARREARS):
                mailed = sum(1 for _ in mails.glob("*")) - already
                now = sum((await watcher.end_offsets(places)).values()) + mailed
                if now != last:
                    spent, changed_at, last = (
                        {name: cpu_seconds(pid) for name, pid in pids.items()},
                        time.monotonic(),
                        now,
                    )
                    say(f"Year: {mailed} mails of {len(samples)} reports, {changed_at - started:.0f} s")
                await asyncio.sleep(POLL)
    return Spent(changed_at - started, {name: spent[name] - before[name] for name in pids})


async def _settle(pids: Pids) -> None:
    """Wait until what follows a start is done: stations become known, and are told of their presences."""
    async with asyncio.timeout(PATIENCE):
        before, busy = 0.0, True
        while busy:
            await asyncio.sleep(SETTLING)
            now = sum(map(cpu_seconds, pids.values()))
            before, busy = now, now - before > SETTLING * AT_REST


async def _send(kafka: str, prefix: str, samples: Sequence[Sample]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_batch_size=262_144)
    async with producer:
        sent = []
        for each in samples:
            topic = f"{prefix}station.reports.{each.integrator}"
            sent.append(await producer.send(topic, each.value, each.key, headers=list(each.headers)))
        await asyncio.gather(*sent)


async def _places(consumer: AIOKafkaConsumer, prefix: str) -> list[TopicPartition]:
    """Every partition of these topics: of ours, or of the floors'."""
    names = [name for name in await consumer.topics() if name.startswith("bare.") == bool(prefix)]
    own = [name for name in names if not name.startswith("__")]
    return [TopicPartition(name, p) for name in own for p in consumer.partitions_for_topic(name) or ()]


async def _repeats(kafka: str) -> Mapping[str, int]:
    """By topic: how many records have the id of one before them."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        places = [each for each in await _places(consumer, "") if not each.topic.startswith("station.reports")]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        seen, repeats = set[tuple[str, bytes]](), dict.fromkeys((each.topic for each in places), 0)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    id_ = (place.topic, dict(record.headers).get("ce_id", b""))
                    repeats[place.topic] += id_ in seen
                    seen.add(id_)
    return repeats


def _transactions(stack: Stack) -> int:
    with MongoClient[dict[str, Any]](stack.settings()["RELAIS_MONGO"]) as client:
        return int(client.admin.command("serverStatus")["transactions"]["totalCommitted"])


def _longest(house: House) -> Mapping[str, str]:
    """By service: the bound under which its longest unit stayed, as its histogram tells."""
    return {name: _bound(service.metrics_address) for name, service in house.services.items() if name != "audit"}


def _bound(address: str) -> str:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 # our own address
        lines = answer.read().decode().splitlines()
    counts = [line.rpartition(" ") for line in lines if line.startswith("relais_batch_seconds_bucket")]
    every = max(float(count) for _, _, count in counts)
    under = next(name for name, _, count in counts if float(count) == every)
    [bound] = re.findall(r'le="([^"]+)"', under)
    return f"≤ {bound} s"
