"""One transaction: the inbox rows, the aggregates, the outbox rows and whatever else belongs together."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId
from pymongo import InsertOne, ReadPreference, ReplaceOne, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

from shared.delivery.cached import REVISIONS, Revision
from shared.delivery.crash import CrashPoints
from shared.delivery.failures import StaleRevision
from shared.delivery.shelf import Database, Shelf, Tracked

Document = dict[str, Any]
SNAPSHOT, MAJORITY = ReadConcern("snapshot"), WriteConcern("majority", j=True)


@dataclass(frozen=True, slots=True)
class Closing:
    """A row of another collection that must stand as expected, and moves with this transaction."""

    collection: str
    expected: Document
    update: Document


@dataclass(slots=True)
class Rows:
    """What a unit of work has become: documents, sealed and ready. A repeated transaction writes the same bytes.

    `decided_on` are the revisions of cached collections that must still stand.
    """

    states: list[Tracked] = field(default_factory=list)
    inserts: dict[str, list[Document]] = field(default_factory=dict)
    closings: list[Closing] = field(default_factory=list)
    decided_on: Collection[Revision] = ()

    def is_empty(self) -> bool:
        """Whether there is nothing to save."""
        return not (self.states or self.closings or any(self.inserts.values()))


async def commit(database: Database, rows: Rows, crash: CrashPoints) -> None:
    """Save all of it, or none: with majority, journaled.

    Raises what the driver raises, and `StaleRevision` where an aggregate, a row or a cached collection has moved since
    it was read.
    """
    async with (
        database.client.start_session() as session,
        await session.start_transaction(SNAPSHOT, MAJORITY, ReadPreference.PRIMARY),
    ):
        await _write(database, rows, session)
        crash.reach("in-transaction")
    crash.reach("after-commit")


async def _write(database: Database, rows: Rows, session: AsyncClientSession) -> None:
    await _check(database, rows.decided_on, session)
    for collection, documents in rows.inserts.items():
        if documents:
            await database[collection].insert_many(documents, session=session)
    for name, states in _by_shelf(rows.states).items():
        save = _insert if all(state.loaded_rev == 0 for state in states) else _replace
        operations = [save(state) for state in states]
        result = await database[name].bulk_write(operations, ordered=False, session=session)
        if result.inserted_count + result.matched_count + result.upserted_count != len(states):
            raise StaleRevision
    await _move_revisions(database, rows.states, session)
    for closing in rows.closings:
        moved = await database[closing.collection].update_one(closing.expected, closing.update, session=session)
        if moved.matched_count != 1:
            raise StaleRevision


async def _check(database: Database, decided_on: Collection[Revision], session: AsyncClientSession) -> None:
    """First of all, since this unit may move them itself: it decided before that."""
    for name, drawn in decided_on:
        if await database[REVISIONS].find_one({"_id": name, "drawn": drawn}, session=session) is None:
            raise StaleRevision


async def _move_revisions(database: Database, states: Iterable[Tracked], session: AsyncClientSession) -> None:
    for name in {each.key[0].name for each in states if isinstance(each.key[0], Shelf) and each.key[0].cached}:
        moved = {"$set": {"drawn": ObjectId()}}
        await database[REVISIONS].update_one({"_id": name}, moved, upsert=True, session=session)


def _by_shelf(states: Iterable[Tracked]) -> dict[str, list[Tracked]]:
    shelves: dict[str, list[Tracked]] = defaultdict(list)
    for state in states:
        if isinstance(state.key[0], Shelf):
            shelves[state.key[0].name].append(state)
    return shelves


def _insert(state: Tracked) -> InsertOne[Document] | ReplaceOne[Document]:
    return InsertOne(state.document())


def _replace(state: Tracked) -> InsertOne[Document] | ReplaceOne[Document]:
    """Where some are new and some are not, one command for both: new is what no other writer has made meanwhile."""
    known = {"_id": state.key[1], "rev": state.loaded_rev}
    return ReplaceOne(known, state.document(), upsert=state.loaded_rev == 0)
