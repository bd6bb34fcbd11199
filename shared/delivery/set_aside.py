"""Records that could not be handled: each is perhaps a lost person, so each is decided about by somebody.

What waits behind a set-aside record goes on, in order, as soon as that one is replayed or discarded.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.events import PersonalDataConsulted
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import OpenedPart, Purpose, SetAsideReason
from shared.delivery.arrival import Arrival, Door
from shared.delivery.book import Book
from shared.delivery.cause import new_cause
from shared.delivery.decide import InboxState, discard, needs, receive_again
from shared.delivery.delivery import Delivery
from shared.delivery.failures import is_infrastructure
from shared.delivery.periodic import for_each
from shared.delivery.record import Record
from shared.delivery.sealing import unpacked
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Unit, Work
from shared.delivery.watching import join_trace
from shared.vault import Erased, Look, Openings, Plain, Sealed
from shared.watch.traces import traceparent_now

Row = Mapping[str, Any]
T = TypeVar("T")


class Opening(Block):
    """Consultation: an operator looked at a record that was set aside. The words are sealed for an inspector."""

    id: UUID
    row_id: str
    by: UUID
    purpose: Purpose
    opened_at: UtcTime
    justification: str


OPENINGS: Shelf[Opening] = Shelf("record_openings", Opening)


def note_opening(opening: Opening, work: Work) -> None:
    """Say that an operator looks at personal data, and why."""
    work.put(OPENINGS, opening.id, opening)
    shown = (OpenedPart.SET_ASIDE,)
    event = PersonalDataConsulted(opening_id=opening.id, purpose=opening.purpose, opened=shown)
    work.say(event, opening.id, of=(OPENINGS, opening.id))


class NoSuchRow(Exception):
    """No record stands set aside under this id."""


class SetAside:
    """The set-aside records of one service, and those that wait behind them."""

    def __init__(self, delivery: Delivery, door_of: Callable[[str], Door], book: Book) -> None:
        self._delivery = delivery
        self._door_of = door_of
        self._book = book
        self._rows = delivery.database["set_aside"]

    async def undecided(self) -> list[dict[str, Any]]:
        """What stands set aside, oldest first, with how many records wait behind each. Nothing of what it holds."""
        shown = {"reason": True, "attempts": True, "place": True, "since": True, "wait_key": True}
        rows = await self._rows.find({"state": "set-aside"}, shown).sort("since").to_list()
        return [{**row, "waiting": await self._waiting(row.pop("wait_key"))} for row in rows]

    async def _waiting(self, wait_key: str | None) -> int:
        return await self._rows.count_documents({"wait_key": wait_key, "state": "waiting"}) if wait_key else 0

    async def replay(self, row_id: str) -> InboxState:
        """Handle a set-aside record again, and then what waits behind it. Says what became of it."""
        row = await self._undecided(row_id)
        outcome = await self._again(row)
        await self.release(row["wait_key"])
        return outcome

    async def discard(self, row_id: str, by: UUID, because: str) -> None:
        """Give a set-aside record up for good; what waits behind it goes on."""
        row = await self._undecided(row_id)
        arrival, words = await self._arrival(row), await self._seal(because)
        cause = new_cause(self._delivery, by=by)
        await self._save(lambda unit: discard(unit, arrival, row, cause, words), row, arrival)
        await self.release(row["wait_key"])

    async def show(self, row_id: str, by: UUID, purpose: Purpose, justification: str) -> tuple[UUID, Record]:
        """A set-aside record as it was read, and the id of this opening, which is committed before."""
        row = await self._undecided(row_id)
        cause, words = new_cause(self._delivery, by=by), b64encode(await self._seal(justification)).decode()
        opening = Opening(id=cause.id, row_id=row_id, by=by, purpose=purpose, opened_at=cause.at, justification=words)

        async def record(_look: Look) -> None:
            await self._delivery.perform(cause, partial(note_opening, opening), [(OPENINGS, str(opening.id))])

        block = Sealed("set-aside", row_id, row["sealed"])
        [opened] = await Openings(self._delivery.vault).open([block], by=by, why=purpose, record=record)
        if isinstance(opened, Exception):
            raise opened
        return opening.id, unpacked(row["place"], opened)

    async def _seal(self, words: str) -> bytes:
        """An operator's words, for an inspector: under the year, for they outlive the record."""
        year = f"words {self._delivery.clock.now().year}"
        [sealed] = await self._delivery.vault.seal_many([Plain("set-aside", year, words.encode())])
        return sealed

    async def release(self, wait_key: str | None) -> None:
        """Handle what waits under this key, oldest first, as far as the order allows."""
        waiting = {"wait_key": wait_key, "state": "waiting"}
        while wait_key and (row := await self._rows.find_one(waiting, sort=[("place.offset", 1)])):
            if await self._again(row) in ("waiting", "set-aside"):
                return

    async def release_all(self) -> None:
        """Handle whatever waits and no longer has to, wherever its owner died. Raises `ItemsFailed`."""
        wait_keys = await self._rows.distinct("wait_key", {"state": "waiting"})
        await for_each(wait_keys, self.release, "release-waiting")

    async def _undecided(self, row_id: str) -> Row:
        row = await self._rows.find_one({"_id": row_id, "state": "set-aside"})
        if row is None:
            raise NoSuchRow
        return row

    async def _again(self, row: Row) -> InboxState:
        arrival = await self._arrival(row)
        try:
            return await self._save(lambda unit: receive_again(unit, arrival, self._book, row), row, arrival)
        except Exception as error:
            if is_infrastructure(error):
                raise
            if isinstance(error, Erased):
                arrival.erased = True
            else:
                arrival.refused = self._book.reason_for(arrival.content, error) or SetAsideReason.HANDLER_FAILED
        return await self._save(lambda unit: receive_again(unit, arrival, self._book, row), row, arrival)

    async def _save(self, decide: Callable[[Unit], T], row: Row, arrival: Arrival) -> T:
        outcome, unit = await self._delivery.attempt(decide, needs(self._book, [arrival]), [arrival])
        if outcome not in ("waiting", "set-aside"):
            await self._delivery.vault.forget("set-aside", row["_id"])
        await self._delivery.publish_if_possible(unit)
        return outcome

    async def _arrival(self, row: Row) -> Arrival:
        """The record as it was read, opened for this purpose only."""
        content = await self._delivery.vault.open(Sealed("set-aside", row["_id"], row["sealed"]))
        record = unpacked(row["place"], content)
        [arrival] = await self._door_of(record.place.topic).read([record])
        join_trace(self._delivery.tracing, arrival, link=traceparent_now())
        return arrival
