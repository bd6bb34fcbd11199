"""What one transaction saves: all of it where nobody was faster, and nothing where somebody was."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel
from pymongo import AsyncMongoClient
from pymongo.errors import BulkWriteError

from shared.delivery.crash import CrashPoints
from shared.delivery.failures import StaleRevision, is_conflict
from shared.delivery.shelf import Beside, Database, Key, Shelf, Tracked, load
from shared.delivery.transaction import Rows, commit


class Thing(BaseModel):
    """Something that is kept, and may name another."""

    n: int
    other: str | None = None


THINGS: Shelf[Thing] = Shelf("things", Thing)
OTHERS: Shelf[Thing] = Shelf("others", Thing)
NAMED = Beside(THINGS, "other", OTHERS)


@pytest.fixture
async def database(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Database]:
    """A database with both collections, empty."""
    made = mongo[f"{namespace}_transaction"]
    for name in ("things", "others"):
        await made[name].delete_many({})
        await made[name].insert_one({"_id": "first"})
        await made[name].delete_one({"_id": "first"})
    yield made


def thing(id_: str, n: int, loaded_rev: int = 0, shelf: Shelf[Thing] = THINGS, **members: Any) -> Tracked:
    return Tracked((shelf, id_), Thing(n=n, **members), loaded_rev=loaded_rev, rev=loaded_rev + 1)


async def save(database: Database, *states: Tracked) -> None:
    await commit(database, Rows(states=list(states)), CrashPoints())


async def stand(database: Database) -> dict[str, tuple[int, int]]:
    return {row["_id"]: (row["n"], row["rev"]) async for row in database["things"].find()}


async def test_new_and_changed_states_of_one_collection_are_saved_together(database: Database) -> None:
    await save(database, thing("a", 1), thing("b", 1))
    await save(database, thing("a", 2, loaded_rev=1), thing("c", 1))
    assert await stand(database) == {"a": (2, 2), "b": (1, 1), "c": (1, 1)}


@pytest.mark.parametrize(
    "mine",
    [
        [thing("a", 9), thing("c", 9)],
        [thing("a", 9), thing("b", 9, loaded_rev=1)],
        [thing("a", 9, loaded_rev=7), thing("b", 9, loaded_rev=1)],
        [thing("a", 9, loaded_rev=7), thing("c", 9)],
    ],
)
async def test_where_another_writer_was_first_nothing_is_saved(database: Database, mine: list[Tracked]) -> None:
    await save(database, thing("a", 1), thing("b", 1))
    with pytest.raises((BulkWriteError, StaleRevision)) as refused:
        await save(database, *mine)
    assert is_conflict(refused.value)
    assert await stand(database) == {"a": (1, 1), "b": (1, 1)}


async def test_what_is_named_is_read_along_and_that_there_is_none_too(database: Database) -> None:
    await save(database, thing("a", 1, other="x"), thing("b", 1, other="y"), thing("c", 1))
    await save(database, thing("x", 5, shelf=OTHERS))
    asked: list[Key] = [(place, id_) for id_ in "abc" for place in (THINGS, NAMED)]
    found = await load(database, asked)
    assert found[OTHERS, "x"].state == Thing(n=5)
    assert found[OTHERS, "y"].state is None
    assert {id_ for place, id_ in found if place is OTHERS} == {"x", "y"}
    assert set(asked) <= found.keys()
