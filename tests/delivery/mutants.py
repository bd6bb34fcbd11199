"""The engine with one of its promises broken on purpose: what the history check must notice."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from faststream import AckPolicy

from shared.delivery import broker, decide, delivery, halving, transaction
from shared.delivery.consumer import FencedConsumer
from shared.delivery.delivery import Delivery
from shared.delivery.failures import Retry
from shared.delivery.inbox import Inbox
from shared.delivery.lanes import Lanes
from shared.delivery.outbox import Outbox
from shared.delivery.reader import Reader
from shared.delivery.transaction import Rows
from shared.delivery.unit import Unit

A_WHILE = 6.0


def older_first_off() -> None:
    """Each publishes its own; what a dead process left is sent by the sweeper alone, when its time has come."""
    sweep, began_at = Outbox.sweep, time.monotonic()

    async def sweep_later(self: Outbox, older_than_ms: int = 1000) -> int:
        return 0 if time.monotonic() - began_at < A_WHILE else await sweep(self, older_than_ms)

    async def flush_lanes(_self: Outbox, _lanes: Any, _but: Any = ()) -> None:
        return

    async def publish(self: Lanes, unit: Unit, _arrivals: Any) -> None:
        await self._delivery.outbox.send(unit.rows.inserts["outbox"], ())

    _put(Outbox, flush_lanes=flush_lanes, sweep=sweep_later)
    _put(Lanes, _publish=publish)


def inbox_off() -> None:
    """What was taken before is taken again; and sent rows are not kept either, or they would tell."""

    async def find(_self: Inbox, _inbox_ids: Any) -> dict[str, str]:
        return {}

    note_sent = Outbox._note_sent

    async def forget_sent(self: Outbox, ids: Any, of: Any) -> None:
        await self._rows.delete_many({"_id": {"$in": ids}})
        await note_sent(self, ids, of)

    _put(Inbox, _find=find)
    _put(Outbox, _note_sent=forget_sent)
    _put(decide, _is_ahead=lambda *_: False)
    _without_inbox_rows()


def _without_inbox_rows() -> None:
    write = Rows.is_empty

    def is_empty(self: Rows) -> bool:
        self.inserts["inbox"] = []
        return write(self)

    _put(Rows, is_empty=is_empty)


def publish_before_commit() -> None:
    """Announces what may never have happened."""
    save, commit = Delivery._save, transaction.commit
    outboxes: list[Outbox] = []

    async def remember(self: Delivery, *arguments: Any) -> Exception | None:
        outboxes.append(self.outbox)
        return await save(self, *arguments)

    async def publish_first(database: Any, rows: Rows, crash: Any) -> None:
        await outboxes[-1].send(rows.inserts["outbox"], ())
        await commit(database, rows, crash)

    _put(Delivery, _save=remember)
    _put(delivery, commit=publish_first)


def commit_before_publish() -> None:
    """Says that a record is done before it is."""
    on_batch = Reader.on_batch

    async def committing_first(self: Reader, consumer: Any, records: Any) -> None:
        await consumer.commit()
        await on_batch(self, consumer, records)

    _put(Reader, on_batch=committing_first)


def auto_commit_on() -> None:
    """Lets the client commit by itself, every few milliseconds, whatever has become of the records."""

    class Policy:
        MANUAL = AckPolicy.ACK_FIRST

    run = Lanes.run

    async def slowly(self: Lanes, records: Any) -> None:
        await asyncio.sleep(6)
        await run(self, records)

    _put(broker, AckPolicy=Policy)
    _put(Lanes, run=slowly)


def retry_unchanged() -> None:
    """Takes every failure for a server that is away: the same unit comes again, for ever."""
    _put(halving, triage=lambda _error: Retry.UNCHANGED)


def getmany_raises() -> None:
    """What the client may do at any record, and no mutant: it fails once in the middle, having advanced."""
    getmany, rest = AIOKafkaConsumer.getmany, iter([False, True])

    async def fail_once(self: AIOKafkaConsumer, *tps: Any, **options: Any) -> Any:
        found: Any = await getmany(self, *tps, **options)
        if found and next(rest, False):
            raise UnicodeDecodeError("utf-8", b"", 0, 1, "as from a header")
        return found

    _put(AIOKafkaConsumer, getmany=fail_once)


def no_contiguity_check() -> None:
    """Goes on from wherever the client stands after such a failure."""
    getmany_raises()
    _put(FencedConsumer, _parted=lambda self: iter(()), _ready=lambda self, _tps: list(self._fetched()))


MUTANTS: Mapping[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        older_first_off,
        inbox_off,
        publish_before_commit,
        commit_before_publish,
        auto_commit_on,
        retry_unchanged,
        getmany_raises,
        no_contiguity_check,
    )
}


def mutate(name: str | None) -> None:
    """Break one promise in this process; none without a name."""
    if name:
        MUTANTS[name]()


def _put(where: Any, **members: Any) -> None:
    for name, member in members.items():
        setattr(where, name, member)
