"""A log ends and another continues it: nothing is left out between them, and nobody writes the old one any more."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.audit.domain.leaf import commitment
from services.audit.domain.standing import Ended, RolledBack, TakenOver
from services.audit.domain.wording import sentences
from services.audit.epochs import GONE_WITH_IT, KEPT_FOR, Because, CannotBegin, begin_epoch, hold_epoch, retire_epoch
from services.audit.handlers.published import published_notes
from services.audit.handlers.source import Source
from services.audit.handlers.writer import LogWriter
from services.audit.store.documents import HEAD
from services.audit.store.log import LogStore
from shared.delivery.crash import CrashPoints
from shared.delivery.failures import StaleRevision
from tests.audit.bench import Bench
from tests.audit.builders import ORIGIN, a_signer, stations

NEXT, REPORTS = "log.example/audit/2027", "station.reports.police"
NOW = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
OURS = a_signer().verifier


async def some_reports(bench: Bench, count: int) -> None:
    for _ in range(count):
        await bench.send(REPORTS, stations(ce_subject=str(uuid4())))


async def begun(bench: Bench, following: Bench, because: Because = Because.YEAR) -> None:
    """An operator ends one epoch and begins the next."""
    delivery, source = following.delivery(CrashPoints()), Source(bench.kafka, bench.namespace)
    await source.start()
    try:
        notes = await published_notes(source)
        writer = LogWriter(delivery, LogStore(following.database), a_signer(NEXT))
        await begin_epoch(bench.database, OURS, notes, writer, because, at=NOW)
    finally:
        await source.close()
        await delivery.vault.close()


async def log_all(following: Bench) -> None:
    async with following.sequencing(origin=NEXT) as reading:
        await reading.drain()


async def offsets(*benches: Bench) -> list[int]:
    return [leaf["src"][2] for bench in benches for leaf in await bench.leaves() if leaf["src"]]


async def test_between_two_epochs_nothing_is_left_out_and_nothing_stands_twice(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 7)
    await bench.log_all()
    await begun(bench, following)
    await some_reports(bench, 5)
    await log_all(following)
    assert await offsets(bench) == list(range(7))
    assert await offsets(following) == list(range(7, 12))


async def test_the_first_line_quotes_the_last_checkpoint_and_binds_it(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 3)
    await bench.log_all()
    await begun(bench, following)
    [first] = await following.leaves()
    last = await bench.database["checkpoints"].find_one(sort={"_id": -1})
    origin, size, root = last["note"].split("\n")[:3]
    assert (first["kind"], first["why"], first["subject"]) == ("epoch", "year", f"{origin} {size} {root}")
    beside = await following.database["payloads"].find_one({"_id": 0})
    assert beside["bytes"] == last["note"].encode()
    assert first["commit"] == commitment(beside["salt"], beside["bytes"])
    assert "continue" in sentences(first)["fr"] and origin in sentences(first)["en"]


async def test_a_log_that_has_ended_is_written_no_more(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 3)
    async with bench.sequencing() as reading:
        await reading.drain()
        await begun(bench, following)
        await some_reports(bench, 1)
        with pytest.raises(StaleRevision):
            await reading.drain()
        with pytest.raises(TakenOver):
            await reading.writer.reload()
    with pytest.raises(Ended):
        await bench.log_all()
    assert await offsets(bench) == [0, 1, 2]


async def test_after_a_restore_the_next_epoch_logs_anew_what_was_lost(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 4)
    await bench.log_all()
    backup = {
        name: await bench.database[name].find().to_list() for name in await bench.database.list_collection_names()
    }
    await some_reports(bench, 6)
    await bench.log_all()
    for name, rows in backup.items():
        await bench.database[name].delete_many({})
        if rows:
            await bench.database[name].insert_many(rows)
    with pytest.raises(RolledBack):
        await bench.log_all()
    with pytest.raises(CannotBegin, match="restore"):
        await begun(bench, following)
    await begun(bench, following, Because.RESTORE)
    await log_all(following)
    [first, *_] = await following.leaves()
    assert first["subject"].startswith(f"{ORIGIN} 10 ")
    assert await offsets(bench, following) == list(range(10))


async def test_the_act_can_be_repeated_and_no_third_log_continues_the_same(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 2)
    await bench.log_all()
    await begun(bench, following)
    await begun(bench, following)
    assert [leaf["kind"] for leaf in await following.leaves()] == ["epoch"]
    await bench.database["head"].update_one({"_id": HEAD}, {"$set": {"ended_by": "log.example/audit/other"}})
    with pytest.raises(CannotBegin, match="another one"):
        await begun(bench, following)


async def test_another_key_than_that_of_the_log_before_begins_nothing(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 1)
    await bench.log_all()
    delivery = following.delivery(CrashPoints())
    writer = LogWriter(delivery, LogStore(following.database), a_signer(NEXT))
    with pytest.raises(CannotBegin, match="key"):
        await begin_epoch(bench.database, a_signer(seed=9).verifier, (), writer, Because.YEAR, at=NOW)
    await delivery.vault.close()
    assert await following.leaves() == []


STAYS = {
    *("head", "checkpoints", "cosignatures", "migrations", "leases"),
    *("inbox", "outbox", "unsent", "streams", "days", "set_aside", "record_openings"),
}
"""What tells that an epoch was there and what was its end; and what the engine says meanwhile."""


async def left_in(bench: Bench) -> set[str]:
    """The collections of a log in which anything stands; one that is new and not in `STAYS` must go with it."""
    names = await bench.database.list_collection_names()
    return {name for name in names if await bench.database[name].find_one({})}


def test_every_collection_of_the_log_stays_or_goes_with_its_epoch() -> None:
    text = (Path(__file__).parents[2] / "docs/stores.md").read_text("utf-8")
    known = set(re.findall(r"^\| `audit\.(\w+)` \|", text, re.MULTILINE))
    assert known and known <= STAYS | set(GONE_WITH_IT)


async def test_an_epoch_is_kept_for_three_years_and_under_a_hold_for_ever(bench: Bench, following: Bench) -> None:
    await some_reports(bench, 3)
    await bench.log_all()
    with pytest.raises(CannotBegin, match="has not ended"):
        await retire_epoch(bench.database, datetime.now(UTC) + KEPT_FOR)
    await begun(bench, following)
    later = datetime.now(UTC) + KEPT_FOR + timedelta(days=1)
    with pytest.raises(CannotBegin, match="is kept until"):
        await retire_epoch(bench.database, later - timedelta(days=3))
    await hold_epoch(bench.database, hold=True)
    with pytest.raises(CannotBegin, match="hold"):
        await retire_epoch(bench.database, later)
    await hold_epoch(bench.database, hold=False)
    final = await retire_epoch(bench.database, later)
    assert final.startswith(f"{ORIGIN}\n3\n")
    assert [row["note"] async for row in bench.database["checkpoints"].find()] == [final]
    assert await left_in(bench) <= STAYS
    [first] = await following.leaves()
    assert first["subject"].split()[2] == final.split("\n")[2]
