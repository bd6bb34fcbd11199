"""Follows one master by the next: all keys are wrapped anew, then the old master is destroyed, and copies with it."""

import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bson.codec_options import CodecOptions
from pymongo import UpdateOne, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from shared.vault.crypt import OPAQUE, Crypt, KeyDocument
from shared.vault.keys import MASTERS, Database, allowed
from shared.vault.masters import (
    MASTER_BYTES,
    Compartment,
    MasterFiles,
    UnusableMaster,
    member_name,
    new_master,
    provider_of,
    split,
    unnamed_provider,
)

AT_ONCE = 200
"""Keys in one write: libmongocrypt wraps some 5 000 a second, and an erasure waits for none of them."""
Progress = Callable[[int, int], object]
"""Told how many keys are wrapped anew, and how many are left."""


class Rotated(NamedTuple):
    """What became of one compartment's master."""

    compartment: Compartment
    master: str
    rewrapped: int
    destroyed: tuple[str, ...]


class Used(NamedTuple):
    """A master, from when to when it wrapped keys; the file's newest has no row before it was made by a rotation."""

    master: str
    since: datetime | None
    keys: int


async def used_masters(database: Database, files: MasterFiles, compartment: Compartment) -> list[Used]:
    """The masters in the file of a compartment, the newest first, and how many keys each of them wraps."""
    keys, found = _of(database, member_name(compartment)), []
    held = split(files.read([compartment])[compartment])
    for n, master in enumerate(held):
        provider, oldest = provider_of(compartment, master), n == len(held) - 1
        row = await _rows(database).find_one({"_id": provider})
        names = [provider, unnamed_provider(compartment)] if oldest else [provider]
        number = await keys.count_documents({"masterKey.provider": {"$in": names}})
        found.append(Used(provider, row["since"] if row else None, number))
    return found


async def is_due(database: Database, files: MasterFiles, compartment: Compartment, after: timedelta) -> bool:
    """Whether the newest master is that old, or of unknown age, or a rotation was begun and not ended."""
    newest, *older = await used_masters(database, files, compartment)
    age = {"$subtract": ["$$NOW", round(after.total_seconds() * 1000)]}
    young = {"_id": newest.master, "$expr": {"$gt": ["$since", age]}}
    return bool(older) or await _rows(database).find_one(young) is None


async def rotate(database: Database, files: MasterFiles, compartment: Compartment, progress: Progress) -> Rotated:
    """Wrap all keys of a compartment by a new master and destroy the old one; one that was interrupted goes on.

    In this order, so that no moment loses a key and none brings an erased one back:
    the new master is in the file, synced, before anything is wrapped by it; from then on the collection takes keys of
    the new master only, so that a service that still writes with the old one reads the file again; passes go on until
    no key of another master is left; then the old one is overwritten.
    """
    path = files.path_of(compartment)
    with _alone(path):
        held = files.read([compartment])[compartment].get_secret_value()
        if len(held) == MASTER_BYTES:
            _write(path, new_master() + held)
        crypt = Crypt(compartment, files.read([compartment])[compartment])
        try:
            await _switch(database, compartment, crypt.newest)
            rewrapped = await rewrap(_of(database, member_name(compartment)), crypt, progress)
        finally:
            crypt.close()
        newest, *older = split(crypt.masters)
        destroyed = tuple(provider_of(compartment, each) for each in older)
        _write(path, newest)
        gone = [{"$set": {"compartment": compartment, "destroyed_at": "$$NOW"}}]
        for each in destroyed:
            await _rows(database).update_one({"_id": each}, gone, upsert=True)
    return Rotated(compartment, crypt.newest, rewrapped, destroyed)


async def rewrap(keys: AsyncCollection[KeyDocument], crypt: Crypt, progress: Progress) -> int:
    """Wrap by the newest master whatever another one wraps, until nothing of another one is left."""
    others = {"masterKey.provider": {"$exists": True, "$ne": crypt.newest}}
    done = 0
    while left := await keys.count_documents(others):
        progress(done, left)
        async for some in _batches(keys, others):
            done += await _rewrap_some(keys, crypt, some)
            progress(done, max(0, left - done))
    return done


async def _rewrap_some(keys: AsyncCollection[KeyDocument], crypt: Crypt, some: list[KeyDocument]) -> int:
    # Only what is still as it was read: a key that was erased meanwhile is not found, and so never written again.
    writes = [
        UpdateOne(
            {"_id": key["_id"], "keyMaterial": key["keyMaterial"]},
            {"$set": {"keyMaterial": new["keyMaterial"], "masterKey": new["masterKey"]}},
        )
        for key in some
        for new in [crypt.rewrapped(key)]
    ]
    return (await keys.bulk_write(writes, ordered=False)).modified_count


async def _batches(keys: AsyncCollection[KeyDocument], which: KeyDocument) -> AsyncIterator[list[KeyDocument]]:
    batch: list[KeyDocument] = []
    async for key in keys.find(which):
        batch.append(key)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _switch(database: Database, compartment: Compartment, provider: str) -> None:
    """From now on only this master makes keys. Done again it changes nothing, and keeps the first date."""
    await database.command("collMod", member_name(compartment), validator=allowed(provider))
    used = {"compartment": compartment, "since": {"$ifNull": ["$since", "$$NOW"]}}
    await _rows(database).update_one({"_id": provider}, [{"$set": used}], upsert=True)


def _rows(database: Database) -> AsyncCollection[dict[str, Any]]:
    return _of(database, MASTERS, CodecOptions(tz_aware=True))


def _of(database: Database, name: str, codec: CodecOptions[dict[str, Any]] = OPAQUE) -> AsyncCollection[dict[str, Any]]:
    return database.get_collection(
        name, codec, write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two rotations at once would each destroy what the other one wraps by. Raises `UnusableMaster`."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnusableMaster(f"{path} is being rotated by another process: wait until it has ended.") from None
        yield


def _write(path: Path, masters: bytes) -> None:
    """Whole, on the disk and under its name before this returns; what stood there before is overwritten."""
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(masters)
        file.flush()
        os.fsync(file.fileno())
    with path.open("r+b") as old:
        size = path.stat().st_size
        new.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())
