"""Two sequencers of one log, killed and halted by chance while records come in; then the whole log is looked at."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from pymongo import AsyncMongoClient

from services.audit.checking import check_log
from services.audit.domain.checkpoint import read_checkpoint
from services.audit.domain.merkle import Frontier, leaf_hash
from services.audit.domain.note import open_note
from services.audit.handlers.source import Source
from shared.delivery.crash import KILLED
from tests.audit.bench import Bench
from tests.audit.builders import a_signer, ours, stations
from tests.audit.running import a_bench_of_its_own, audit, until_logged
from tests.delivery.hits import HITS

KILLS = 5 * int(os.environ.get("RELAIS_EXPOSURES", "1"))
"""`make torture` asks for a hundred."""
REPORTS, CASES = "station.reports.police", "relais.cases"
POINTS = ("", "", "in-transaction", "after-commit", "while-publishing")
"""Where the next one dies: by chance most often, at a named point now and then."""
NAMES = ("one", "other", "same", "same")
"""Two that bear one name both hold the lease: two sequencers at once."""
LIVES_SECONDS, POINT_SECONDS, HALTED_SECONDS, HALTED_OF_ALL = (0.5, 9.0), 20.0, 8.0, 0.1
EVERY_SECONDS, MOST_CHECKPOINTS = 0.03, 100_000
CHANCE = random.Random()  # noqa: S311 # it decides about nothing that is secret


@pytest.fixture
async def bench(kafka: str, mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    async with a_bench_of_its_own(kafka, mongo, namespace) as bench:
        yield bench


class Sent:
    """What is on Kafka: reports by their offset, events by their id, each of which may have come twice."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.reports: set[int] = set()
        self.events: set[str] = set()

    async def go_on(self, until: asyncio.Event) -> None:
        """Send, until it is enough: what is begun is sent to its end, and noted."""
        while not until.is_set():
            self.reports.add(await self._bench.send(REPORTS, stations(ce_subject=str(uuid4()))))
            id_, case = str(uuid4()), str(uuid4())
            for _ in range(CHANCE.choice((1, 1, 2))):
                await self._bench.send(CASES, ours(ce_id=id_, ce_subject=case))
            self.events.add(id_)
            await asyncio.sleep(EVERY_SECONDS)

    @property
    def many(self) -> int:
        return len(self.reports) + len(self.events)


async def test_kills_by_chance_leave_one_log_with_one_line_for_each_record(
    bench: Bench, mongo_url: str, key_file: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    sent, kills = Sent(bench), Counter[str]()

    async def suffer(many: int) -> None:
        """Start an instance and end it, so many times, while another one suffers the same."""
        for _ in range(many):
            point, name = CHANCE.choice(POINTS), CHANCE.choice(NAMES)
            more = {"RELAIS_CRASH_POINT": f"{point}:{CHANCE.randint(1, 5)}"} if point else {}
            port = unused_tcp_port_factory()
            async with audit(bench, mongo_url, key_file, port, RELAIS_INSTANCE=name, **more) as process:
                kills[f"audit-{await end_by_chance(process, point)}"] += 1

    enough = asyncio.Event()
    sending = asyncio.create_task(sent.go_on(enough))
    await asyncio.gather(suffer(KILLS // 2), suffer(KILLS - KILLS // 2))
    enough.set()
    await sending
    async with audit(bench, mongo_url, key_file, unused_tcp_port_factory()):
        await until_logged(bench, sent.many)
    HITS.update(kills)
    await check_lines(bench, sent)
    await check_checkpoints(bench)


async def end_by_chance(process: asyncio.subprocess.Process, point: str) -> str:
    """How it ended: at its point, or in whatever it was doing, perhaps after it was halted for longer than a lease."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), POINT_SECONDS if point else CHANCE.uniform(*LIVES_SECONDS))
        assert process.returncode == KILLED, await process.communicate()
        return point
    if CHANCE.random() < HALTED_OF_ALL:
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(HALTED_SECONDS)
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(CHANCE.random())
        return "halted"
    return "by-chance"


async def check_lines(bench: Bench, sent: Sent) -> None:
    """Each record is one line, whoever wrote it, and whatever lines are found by is what they say."""
    lines = [leaf for leaf in await bench.leaves() if leaf["kind"] != "heartbeat"]
    assert {leaf["kind"] for leaf in lines} == {"event"}
    assert sorted(leaf["src"][2] for leaf in lines if leaf["src"][0] == REPORTS) == sorted(sent.reports)
    assert sorted(leaf["id"] for leaf in lines if leaf["src"][0] == CASES) == sorted(sent.events)
    size = await bench.database["entries"].count_documents({})
    assert await check_log(bench.database, lambda _done, _all: None) == (size, [])


async def check_checkpoints(bench: Bench) -> None:
    """Every checkpoint that ever left a process is a state through which the one log has gone."""
    source, verifier = Source(bench.kafka, bench.namespace), a_signer().verifier
    await source.start()
    values = await source.last_values(("relais.audit", 0), MOST_CHECKPOINTS)
    await source.close()
    published = [read_checkpoint(open_note(orjson.loads(value)["note"], [verifier])) for value in values]
    frontier, roots = Frontier(), dict[int, bytes]()
    async for row in bench.database["entries"].find({}, {"leaf": True}, sort={"_id": 1}):
        frontier = frontier.grown([leaf_hash(bytes(row["leaf"]))])
        roots[frontier.size] = frontier.root
    assert published
    assert all(roots[each.size] == each.root for each in published)
