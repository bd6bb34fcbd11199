"""What a service says of its day is held against the log, and what is missing is named."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from services.audit.checking import check_log
from services.audit.completeness import Completeness
from services.audit.domain.wording import sentences
from services.audit.epochs import Because, begin_epoch
from services.audit.handlers.published import published_notes
from services.audit.handlers.writer import LogWriter
from services.audit.store.log import LogStore
from shared.contracts.events import DayClosed
from shared.contracts.ids import ids_digest
from shared.delivery.crash import CrashPoints
from shared.watch.metrics import LOG_ALARMS, LOG_UNCLOSED_SECONDS, Metrics
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, a_signer, ours

NEXT = "log.example/audit/2027"
CASES, ACCESS = "relais.cases", "relais.access"
DAY = (datetime.now(UTC) - timedelta(days=3)).date()
MISSING = "delivery.events-missing.v1"


async def some_events(bench: Bench, count: int) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    for id_ in ids:
        await bench.send(CASES, ours(ce_id=str(id_), ce_subject=str(uuid4())))
    return ids


def a_statement(ids: Iterable[UUID], digest: str | None = None) -> DayClosed:
    ordered = tuple(sorted(ids))
    counted = {"count": len(ordered), "digest": digest or ids_digest(ordered), "event_ids": ordered}
    return DayClosed(topic=CASES, day=DAY, part=1, parts=1, **counted)  # type: ignore[arg-type] # a dict of several types


async def state(bench: Bench, statement: DayClosed, service: str = "referral") -> None:
    """A service closes its day."""
    source = f"/relais/{service}/access"
    headers = ours(ce_type=statement.type, ce_id=str(uuid4()), ce_subject=CASES, ce_source=source)
    await bench.send(ACCESS, headers, orjson.dumps(statement.clear()))


async def be_complete(bench: Bench, origin: str = ORIGIN, seed: int = 1) -> None:
    """The log holds all that there is, and says so."""
    async with bench.sequencing(origin=origin, seed=seed) as reading:
        await reading.drain()
        await reading.writer.beat(datetime.now(UTC))


async def close(bench: Bench, ids: Iterable[UUID], digest: str | None = None, service: str = "referral") -> None:
    await state(bench, a_statement(ids, digest), service)
    await be_complete(bench)


async def compared(bench: Bench) -> tuple[list[dict[str, Any]], Metrics]:
    """What is said to be missing, and the numbers that an operator sees."""
    delivery, metrics = bench.delivery(CrashPoints()), Metrics("audit")
    for _ in range(2):
        await Completeness(delivery, metrics).compare()
    await delivery.end()
    await delivery.vault.close()
    rows = await bench.database["outbox"].find({"headers.ce_type": MISSING}).to_list()
    return [orjson.loads(row["bytes"]) for row in rows], metrics


def alarms(metrics: Metrics, kind: str) -> float:
    return float(metrics[LOG_ALARMS].labels(kind)._value.get())


async def test_a_day_that_is_whole_raises_nothing(bench: Bench) -> None:
    await close(bench, await some_events(bench, 5))
    found, metrics = await compared(bench)
    assert found == []
    assert alarms(metrics, "missing") == 0
    assert await check_log(bench.database, lambda _done, _all: None) == (7, [])


async def test_what_is_missing_is_named_once_with_an_alarm(bench: Bench) -> None:
    lost = [uuid4(), uuid4()]
    await close(bench, [*await some_events(bench, 3), *lost])
    [found], metrics = await compared(bench)
    assert found == {
        "service": "referral",
        "topic": CASES,
        "day": DAY.isoformat(),
        "stated": 5,
        "missing": 2,
        "event_ids": [str(id_) for id_ in sorted(lost)],
    }
    assert alarms(metrics, "missing") == 1
    assert len((await compared(bench))[0]) == 1
    _, [finding] = await check_log(bench.database, lambda _done, _all: None)
    assert finding.startswith(f"2 of the 5 events that referral said on relais.cases on {DAY} are missing: ")


async def test_the_log_says_that_events_are_missing(bench: Bench) -> None:
    await close(bench, [uuid4()])
    await compared(bench)
    await bench.log_all()
    line = (await bench.leaves())[-1]
    assert sentences(line)["en"] == f"Events of referral are missing from the log: relais.cases {DAY}."


async def test_nothing_is_compared_before_the_log_is_complete(bench: Bench) -> None:
    await state(bench, a_statement([uuid4()]))
    await bench.log_all()
    assert (await compared(bench))[0] == []


async def test_a_statement_that_contradicts_itself_raises_an_alarm_and_holds_nobody_up(bench: Bench) -> None:
    await close(bench, await some_events(bench, 1), digest="0" * 64)
    await close(bench, [uuid4()], service="x")
    [found], metrics = await compared(bench)
    assert found["service"] == "x"
    assert alarms(metrics, "unreadable") == 1


async def test_a_day_that_nobody_closes_is_counted(bench: Bench) -> None:
    await close(bench, await some_events(bench, 1))
    _, metrics = await compared(bench)
    assert metrics[LOG_UNCLOSED_SECONDS]._value.get() >= 0
    began = datetime.now(UTC) - timedelta(days=5)
    await bench.database["entries"].update_one({"_id": 0}, {"$set": {"at": began}})
    _, metrics = await compared(bench)
    assert timedelta(days=3) < timedelta(seconds=metrics[LOG_UNCLOSED_SECONDS]._value.get()) < timedelta(days=5)


async def test_a_day_before_the_epoch_is_looked_for_in_the_log_before(bench: Bench, following: Bench) -> None:
    before = await some_events(bench, 3)
    async with bench.sequencing() as reading:
        await reading.drain()
        published = await published_notes(reading.source)
    writer = LogWriter(following.delivery(CrashPoints()), LogStore(following.database), a_signer(NEXT, 2))
    await begin_epoch(bench.database, a_signer().verifier, published, writer, Because.YEAR, at=datetime.now(UTC))
    await state(following, a_statement([*before, lost := uuid4()]))
    await be_complete(following, NEXT, 2)
    [found], _ = await compared(following)
    assert found["event_ids"] == [str(lost)]
