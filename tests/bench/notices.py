"""Notification alone: from an event to the mail server, a long queue, a provider that hangs, and what it holds."""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4, uuid5

from pymongo import AsyncMongoClient

from deploy.local.stack import Stack
from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.recipients import RECIPIENTS
from services.notification.store import NOTICES
from shared.contracts.blocks import Channel
from shared.contracts.vocabulary import NoticeChannel, RecipientRole, Urgency
from shared.vault import Plain
from tests.bench.rows import Row, percentiles, used
from tests.notification.builders import a_recipient, an_assignment
from tests.notification.provider import Provider
from tests.notification.running import World, a_free_port, a_world
from tests.notification.sink import Sink

PER_SECOND, SECONDS, WARMING_UP = 50, 30, 5
QUEUED, PENDING, CASES, HANGING = 20_000, 100_000, 200, 200
MEBI, PATIENCE = 1024 * 1024, 300.0
CONNECTIONS = "4"


class TimedSink(Sink):
    """A mail server that notes when it took each mail."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.at: dict[str, float] = {}
        self.times: list[float] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 # aiosmtpd's name
        self.times.append(time.time())
        self.at.update(dict.fromkeys(envelope.rcpt_tos, self.times[-1]))
        return "250 OK"


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Four measures, each on a fresh namespace."""
    return asyncio.run(_measure(stack, say))


async def _measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    say("Notices: at a steady pace")
    alone = await _steady(stack)
    say("Notices: the same while the SMS gateway hangs")
    beside = await _steady(stack, hanging=True)
    say(f"Notices: {QUEUED} that wait for the mail server")
    rate = await _queue(stack)
    say(f"Notices: {PENDING} that wait for their hour")
    held = await _pending(stack)
    one, two = percentiles(alone), percentiles(beside)
    told = ", ".join(f"{one[p]:.0f}" for p in (50, 95, 99))
    hung = ", ".join(f"{two[p]:.0f}" for p in (50, 95, 99))
    return [
        Row(f"event → mail server at {PER_SECOND}/s, p50, p95, p99", "", f"{told} ms", "", "p50 ≤ 50 ms"),
        Row("the same while the SMS gateway hangs", f"{told} ms", f"{hung} ms", f"{two[50] / one[50]:.2f}", "1"),
        Row(f"{QUEUED} queued notices, over {CONNECTIONS} connections", "", f"{rate:.0f}/s", "", "≥ 300/s"),
        Row(f"notification with {PENDING} pending, PSS", "", f"{held:.0f} MiB", "", "≤ 140 MB"),
    ]


async def _steady(stack: Stack, *, hanging: bool = False) -> list[float]:
    async with _world(stack) as world, Provider().open() as gateway:
        gateway.free.clear()
        async with world.running(RELAIS_SMTP_CONNECTIONS=CONNECTIONS, **gateway.settings):
            with world.sink.open():
                if hanging:
                    await _hang(world)
                due = await _publish(world)
                times = await _taken(world.sink, list(due))
        gateway.free.set()
    return [times[address] - due[address] for address in list(due)[PER_SECOND * WARMING_UP :]]


async def _hang(world: World) -> None:
    for n in range(HANGING):
        by_sms = (Channel(channel=NoticeChannel.SMS, value=f"+336000{n:05}"),)
        await world.publish(an_assignment(a_recipient(f"hangs-{n}", channels=by_sms)), uuid4())


async def _publish(world: World) -> dict[str, float]:
    """When each mail's event was due to be said, by the address of its mail."""
    due, begun = {}, time.time() + 1
    async with asyncio.TaskGroup() as saying:
        for n in range(PER_SECOND * (SECONDS + WARMING_UP)):
            ref, at = f"iscg-{n}", begun + n / PER_SECOND
            due[f"{ref}@relais.example"] = at
            await asyncio.sleep(max(0.0, at - time.time()))
            saying.create_task(world.publish(an_assignment(a_recipient(ref)), uuid4()))
    return due


async def _taken(sink: Sink, addresses: Sequence[str]) -> dict[str, float]:
    assert isinstance(sink, TimedSink)
    async with asyncio.timeout(PATIENCE):
        while not set(addresses) <= sink.at.keys():  # noqa: ASYNC110 # a mail server tells nobody
            await asyncio.sleep(0.1)
    return sink.at


async def _queue(stack: Stack) -> float:
    """Notices a second, from the first to the last that the mail server takes."""
    async with _world(stack) as world:
        await _lay(world, QUEUED, datetime.now(UTC))
        with world.sink.open():
            async with world.running(RELAIS_SMTP_CONNECTIONS=CONNECTIONS):
                while await world.database["notices"].count_documents({"state": {"$ne": "sent"}}):  # noqa: ASYNC110 # as above
                    await asyncio.sleep(0.2)
    assert isinstance(world.sink, TimedSink)
    times = world.sink.times
    return (len(times) - 1) / (times[-1] - times[0])


async def _pending(stack: Stack) -> float:
    """MiB that a process holds which has sent a thousand notices while so many others wait."""
    async with _world(stack) as world:
        await _lay(world, PENDING, datetime.now(UTC) + timedelta(days=1))
        addresses = await _lay(world, 1000, datetime.now(UTC))
        with world.sink.open():
            async with world.running(RELAIS_SMTP_CONNECTIONS=CONNECTIONS) as process:
                await _taken(world.sink, addresses)
                await asyncio.sleep(2)
                return used(process.pid).pss / MEBI


async def _lay(world: World, many: int, due_at: datetime) -> list[str]:
    """Put notices there as if their events had been heard; their addresses."""
    sealed = {case_id: await _sealed(world, case_id) for case_id in (uuid4() for _ in range(CASES))}
    cases, addresses, rows = list(sealed), [], []
    for n in range(many):
        case_id = cases[n % CASES]
        ref, block = sealed[case_id]
        notice = Notice(
            id=uuid5(case_id, f"{n} {due_at}"),
            case_id=case_id,
            kind=NoticeKind.ASSIGNED,
            ref=ref,
            role=RecipientRole.ISCG,
            template="iscg-assigned",
            template_version=1,
            language="fr",
            urgency=Urgency.URGENT,
            sealed=block,
            owed_at=datetime.now(UTC),
            due_at=due_at,
        )
        kept = {"_id": str(notice.id), "rev": 1, "version": 1, "sequences": {}}
        rows.append(NOTICES.document(notice) | kept)
        addresses.append(f"{ref}@relais.example")
    for start in range(0, many, 5_000):
        await world.database["notices"].insert_many(rows[start : start + 5_000])
    return sorted(set(addresses))


async def _sealed(world: World, case_id: UUID) -> tuple[str, str]:
    ref = f"iscg-{case_id}"
    block = RECIPIENTS.dump_json((a_recipient(ref),))
    [sealed] = await world.vault.seal_many([Plain("contact", str(case_id), block)])
    return ref, b64encode(sealed).decode()


@asynccontextmanager
async def _world(stack: Stack) -> AsyncIterator[World]:
    """Topics, databases and keys of their own, and a mail server that is not open yet."""
    settings, namespace, sink = stack.settings(), f"b{uuid4().hex[:6]}", TimedSink(a_free_port())
    mongo_url = settings["RELAIS_MONGO"]
    async with AsyncMongoClient[dict[str, Any]](mongo_url, w="majority", tz_aware=True) as mongo:
        with TemporaryDirectory() as folder:
            made = a_world(settings["RELAIS_KAFKA"], mongo_url, mongo, namespace, folder=Path(folder), sink=sink)
            async with made as world:
                world.environment["RELAIS_SMTP_TIMEOUT"] = "30"
                yield world
