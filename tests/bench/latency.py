"""From a station's record to its social worker's mail, at a steady pace that waits for nobody (an open loop)."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from joserfc.jwk import KeySetSerialization

from deploy.demo.following import published_keys
from deploy.demo.house import House
from deploy.local.smtp import plain_text
from deploy.local.stack import Stack
from deploy.samples.desk import Desk, Sample
from deploy.samples.people import a_consent, a_content
from tests.bench.bare import floors
from tests.bench.roster import stations, write_country
from tests.bench.rows import Row, Used, percentiles, used

PER_SECOND, SECONDS, WARMING_UP = 50, 60, 10
PATIENCE = 60.0
LINK = re.compile(r"/v1/cases/([0-9a-f-]{36})")
STAGES = ("intake", "referral", "notification")


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """The bare chain, then the four services, on the same servers."""
    say("Latency: a bare chain of three processes")
    with floors(stack, [["tests.bench.latency_floor", stage] for stage in STAGES]) as bare:
        floor = asyncio.run(_run(stack, "bare.", _samples(bare.keys)))
    say("Latency: the four services")
    house = House(stack, samples=write_country(stack.folder / "country"))
    house.open()
    try:
        before = used_by(house)
        ours = asyncio.run(_run(stack, "", _samples(published_keys(house))))
        cores = shares(before, used_by(house))
    finally:
        house.close()
    return [*_compared(floor, ours), Row(f"cores used at {PER_SECOND}/s", "", cores, "", "2 for all")]


def _compared(floor: Sequence[float], ours: Sequence[float]) -> Iterator[Row]:
    bare, real = percentiles(floor), percentiles(ours)
    for p, goal in ((50, "≤ 80 ms"), (95, "≤ 250 ms"), (99, "")):
        what = f"report → mail at {PER_SECOND}/s, p{p}"
        yield Row(what, f"{bare[p]:.0f} ms", f"{real[p]:.0f} ms", f"{real[p] / bare[p]:.1f}", goal)


def shares(before: Mapping[str, Used], after: Mapping[str, Used]) -> str:
    """How much of a core each service used between two moments, as it is told."""
    return ", ".join(f"{name} {each.cores_since(before[name]):.2f}" for name, each in after.items())


def used_by(house: House) -> dict[str, Used]:
    """What each service has used so far."""
    pids = {name: service.process.pid() for name, service in house.services.items()}
    return {name: used(pid) for name, pid in pids.items() if pid}


def _samples(keys: KeySetSerialization) -> list[Sample]:
    """Reports of people who agreed, sealed before the clock runs: a station has time for that."""
    desk, known = Desk(keys, uuid4(), datetime.now(UTC)), stations()
    contents = (a_content(n, desk.now, a_consent("given")) for n in range(PER_SECOND * (SECONDS + WARMING_UP)))
    return [desk.report(f"r{n}", known[n % len(known)][0], content) for n, content in enumerate(contents)]


async def _run(stack: Stack, prefix: str, samples: Sequence[Sample]) -> list[float]:
    """Seconds from when each record was due to be sent to when its mail stood in the mailbox."""
    mailbox, kafka = stack.folder / "smtp" / "mail" / "new", stack.settings()["RELAIS_KAFKA"]
    before = set(mailbox.glob("*"))
    due = await _send(kafka, prefix, samples)
    async with asyncio.timeout(PATIENCE):
        while len(set(mailbox.glob("*")) - before) < len(samples):  # noqa: ASYNC110
            await asyncio.sleep(1)
    reports = await _reports_of_cases(kafka, f"{prefix}relais.intake")
    arrived = {reports[_case(path)]: path.stat().st_mtime for path in mailbox.glob("*") if path not in before}
    counted = list(due.items())[PER_SECOND * WARMING_UP :]
    return [arrived[report] - at for report, at in counted]


async def _send(kafka: str, prefix: str, samples: Sequence[Sample]) -> dict[str, float]:
    """Send each at its time, whatever has become of those before. Returns when each was due."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    start, due, sent = time.time() + 0.5, {}, []
    for n, sample in enumerate(samples):
        due[sample.key.decode()] = at = start + n / PER_SECOND
        await asyncio.sleep(at - time.time())
        topic = f"{prefix}station.reports.{sample.integrator}"
        sent.append(await producer.send(topic, sample.value, sample.key, headers=list(sample.headers)))
    await asyncio.gather(*sent)
    await producer.stop()
    return due


async def _reports_of_cases(kafka: str, topic: str) -> dict[str, str]:
    """Which report each case was opened from."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    places = [TopicPartition(topic, p) for p in range(6)]
    consumer.assign(places)
    ends = await consumer.end_offsets(places)
    found: dict[str, str] = {}
    while any([await consumer.position(place) < ends[place] for place in places]):
        for records in (await consumer.getmany(timeout_ms=500)).values():
            members = [json.loads(record.value or b"{}") | {"case": (record.key or b"").decode()} for record in records]
            found |= {body["case"]: body["report_id"] for body in members if "report_id" in body}
    await consumer.stop()
    return found


def _case(mail: Path) -> str:
    link = LINK.search(plain_text(message_from_bytes(mail.read_bytes(), policy=policy.default)))
    assert link
    return link[1]
