"""The one who writes the log: stands on what was signed before, appends a batch, signs, and says so."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import uuid5

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.edge import Edge
from services.audit.domain.head import Growth, Head, Partition, Reached, grow
from services.audit.domain.leaf import heartbeat_leaf
from services.audit.domain.merkle import leaf_hash
from services.audit.domain.note import Signer, Verifier
from services.audit.domain.reading import Line
from services.audit.domain.repeats import Known, Sorted, sort_out
from services.audit.domain.standing import Damaged, TakenOver, check_head, check_long_enough, check_published
from services.audit.domain.tiles import WIDTH
from services.audit.store.log import LogStore, rows_of_growth
from shared.contracts.events import CheckpointSigned
from shared.contracts.ids import NAMESPACE
from shared.contracts.topics import AUDIT, RELAIS_AUDIT
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.failures import is_conflict
from shared.delivery.sealing import rows_of
from shared.delivery.shelf import load, stream
from shared.delivery.transaction import Rows, commit
from shared.delivery.unit import Unit, Work

REPLAYED_AT_ONCE = 16 * WIDTH


class LogWriter:
    """Holds the log's head and right edge in memory, and forgets them whenever anything fails."""

    def __init__(self, delivery: Delivery, store: LogStore, signer: Signer) -> None:
        self._delivery = delivery
        self._store = store
        self._signer = signer
        self._signed: Checkpoint | None = None
        self.head = Head()
        self._edge = Edge()
        self._publishing: asyncio.Task[None] | None = None
        self.lasted = 0.0
        """Seconds of the last transaction."""

    @property
    def verifier(self) -> Verifier:
        """Under which key the log is signed."""
        return self._signer.verifier

    async def take_over(self, published: Checkpoint | None) -> None:
        """Become the only writer. Raises `NotToBeSigned` unless the log continues what was published of it."""
        self._signed = published
        await self._stand_on(await self._store.take_over())

    async def continue_from(self, database: str) -> None:
        """Remember where the lines of the log are that this one continues."""
        await self._store.continue_from(database)

    async def reload(self) -> None:
        """Find out what became of a batch whose end is not known. Raises `TakenOver` and `NotToBeSigned`."""
        head = await self._store.head()
        if head.epoch > self.head.epoch:
            raise TakenOver
        await self._stand_on(head)

    async def append(self, lines: Sequence[Line], reached: Mapping[Partition, Reached]) -> Sorted:
        """Append what is new, and sign: all of it is in the log after this, or nothing.

        What is said of it is sent while the next batch is made: `settle` waits for that.

        Whether the log holds any of it is asked only where a unique key says so: a batch seldom repeats anything.
        Raises what the database raises; then what this object holds is stale, and `reload` is due.
        """
        try:
            return await self._append(sort_out(lines, Known()), reached)
        except Exception as error:
            if not is_conflict(error):
                raise
        return await self._append(sort_out(lines, await self._store.known(lines)), reached)

    async def _append(self, batch: Sorted, reached: Mapping[Partition, Reached]) -> Sorted:
        growth = grow(self.head, self._edge, batch.lines, reached)
        unit = await self._unit_of(growth)
        await self.settle()
        began = time.monotonic()
        await commit(self._delivery.database, unit.rows, self._delivery.crash)
        self.lasted = time.monotonic() - began
        self.head, self._edge = growth.head, growth.edge
        self._signed = self._checkpoint(growth) if growth.entries else self._signed
        self._publishing = self._delivery.publish_soon(unit)
        return batch

    async def settle(self) -> None:
        """Wait until what was said of the last batch is sent, or left to the sweeper."""
        publishing, self._publishing = self._publishing, None
        if publishing:
            await publishing

    async def beat(self, at: datetime, reached: Mapping[Partition, Reached] = MappingProxyType({})) -> Sorted:
        """Append a line that says when it was written, never earlier than the one before. Raises as `append` does."""
        at = max(at, await self._store.last_beat() or at)
        return await self.append([Line(heartbeat_leaf(self._signer.name, self.head.size, at))], reached)

    async def _stand_on(self, head: Head) -> None:
        check_long_enough(head, self._signed)
        edge = await self._store.edge(self._signed.size if self._signed else 0)
        if self._signed:
            check_published(edge, self._signed)
        edge = await self._replay(edge, head)
        check_head(edge, head)
        self.head, self._edge = head, edge

    async def _replay(self, edge: Edge, head: Head) -> Edge:
        """From what was signed to the head, once more by the exact bytes of every line."""
        while edge.size < head.size:
            leaves = await self._store.leaves(edge.size, min(edge.size + REPLAYED_AT_ONCE, head.size))
            if not leaves:
                break
            edge, tiles = edge.grown(map(leaf_hash, leaves))
            for tile, row in tiles.items():
                if await self._store.full_tiles(tile.level, tile.index, tile.index + 1) != [b"".join(row)]:
                    raise Damaged(size=head.size, found=edge.frontier.root.hex(), held=head.frontier.root.hex())
        return edge

    async def _unit_of(self, growth: Growth) -> Unit:
        """What one transaction will hold: the batch, the head that moves, and the event that tells of it."""
        origin, now, note = self._signer.name, self._delivery.clock.now(), ""
        unit = Unit(AUDIT, await load(self._delivery.database, [stream(RELAIS_AUDIT.name, origin)]))
        if growth.entries:
            note = self._signer.sign(self._checkpoint(growth).text)
            with self._delivery.tracing.hop("append", "checkpoint"):
                cause = new_cause(self._delivery, id_=uuid5(NAMESPACE, f"{origin}/{growth.head.size}"), at=now)
            Work(unit, cause).say(CheckpointSigned(origin=origin, size=growth.head.size, note=note), origin)
        said = await rows_of(unit, self._delivery.vault, now)
        grown = rows_of_growth(self.head, growth, note)
        unit.rows = Rows(said.states, said.inserts | grown.inserts, said.closings + grown.closings)
        return unit

    def _checkpoint(self, growth: Growth) -> Checkpoint:
        return Checkpoint(self._signer.name, growth.head.size, growth.head.frontier.root)
