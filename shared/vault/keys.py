"""Data keys: one a case and compartment, so that destroying it erases every copy of what it sealed."""

from asyncio import sleep
from collections.abc import Collection, Sequence
from typing import Any
from uuid import uuid4

from bson.binary import Binary
from pydantic import SecretBytes
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongocrypt.errors import MongoCryptError  # type: ignore[import-untyped] # the package ships no types

from shared.vault.crypt import OPAQUE, Crypt, KeyDocument
from shared.vault.failures import Erased, SealBroken, VaultUnavailable, causes_shown
from shared.vault.masters import Compartment, member_name

Database = AsyncDatabase[dict[str, Any]]
DataKey = KeyDocument | Erased
"""A data key, or that it is destroyed."""

ATTEMPTS = 10
PAUSE_SECONDS = 0.02
RANDOM = b"\x02"
DUPLICATE_KEY = 11000
ONE_KEY_AN_OWNER = IndexModel(
    "keyAltNames", name="one-key-an-owner", unique=True, partialFilterExpression={"keyAltNames": {"$exists": True}}
)


class DataKeys:
    """The data keys of one compartment, kept wrapped by its master in the vault's database.

    Each method raises `VaultUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database, compartment: Compartment, master: SecretBytes) -> None:
        name = member_name(compartment)
        # A key that a failover could roll back must never have sealed anything: majority for reads and writes.
        self._documents = database.get_collection(
            name, OPAQUE, ReadPreference.PRIMARY, WriteConcern("majority"), ReadConcern("majority")
        )
        self._crypt = Crypt(f"local:{name}", master)

    async def has_index(self) -> bool:
        """Whether the index stands on which "one key an owner" rests."""
        with causes_shown():
            return ONE_KEY_AN_OWNER.document["name"] in await self._documents.index_information()

    async def find(self, owners: Collection[str]) -> dict[str, DataKey]:
        """The keys of those owners that have, or had, one."""
        with causes_shown():
            documents = await self._documents.find({"keyAltNames": {"$in": list(owners)}}).to_list()
        return {each["keyAltNames"][0]: Erased() if "erased_at" in each else each for each in documents}

    async def make(self, owners: Collection[str]) -> dict[str, DataKey]:
        """The key of each owner, made where there is none; a destroyed key is never made anew."""
        for attempt in range(ATTEMPTS):
            # Somebody else's new key is a duplicate at once, but is read only when a majority has it.
            await sleep(attempt and PAUSE_SECONDS * (attempt - 1))
            keys = await self.find(owners)
            missing = [owner for owner in owners if owner not in keys]
            if not missing:
                return keys
            new = [self._crypt.new_key(owner) for owner in missing]
            if await self._insert(new):
                return keys | dict(zip(missing, new, strict=True))
        raise VaultUnavailable

    async def _insert(self, new: Sequence[KeyDocument]) -> bool:
        """Whether all of these keys are kept now; where not, somebody was faster for some owners."""
        try:
            with causes_shown():
                await self._documents.insert_many(new, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise VaultUnavailable from error
            return False
        return True

    async def destroy(self, owner: str) -> None:
        """Erase: put a tombstone where the key is, or would be made later. Doing it again keeps the first date."""
        tombstone = {
            "_id": {"$ifNull": ["$_id", Binary.from_uuid(uuid4())]},
            "keyAltNames": [owner],
            "erased_at": {"$ifNull": ["$erased_at", "$$NOW"]},
        }
        for _ in range(ATTEMPTS):
            try:
                with causes_shown():
                    await self._documents.update_one({"keyAltNames": owner}, [{"$replaceWith": tombstone}], upsert=True)
                return
            except DuplicateKeyError:
                continue  # the key was made between the look and the tombstone: now it is there to be replaced
        raise VaultUnavailable

    def encrypt(self, owner: str, key: DataKey, content: bytes) -> bytes:
        """Seal under this key. Raises `Erased`, or `SealBroken` where the key itself can't be unwrapped."""
        if isinstance(key, Erased):
            raise Erased({owner})
        try:
            return self._crypt.encrypt(key, content)
        except MongoCryptError:
            raise SealBroken from None

    def decrypt(self, owner: str, key: DataKey | None, sealed: bytes) -> bytes:
        """Open what was sealed under this key. Raises `Erased` or `SealBroken`."""
        if isinstance(key, Erased):
            raise Erased({owner})
        # libmongocrypt would open whatever key the bytes name: only its owner's may open a block.
        if key is None or sealed[:17] != RANDOM + key["_id"]:
            raise SealBroken
        try:
            return self._crypt.decrypt(key, sealed)
        except MongoCryptError:
            raise SealBroken from None

    def close(self) -> None:
        """Forget the unwrapped keys. The database's client stays open: it is not ours."""
        self._crypt.close()


async def migrate(database: Database) -> None:
    """Make the vault's collections and the index that lets an owner have one key only. Again changes nothing."""
    for name in ("contact", "file", "set_aside", "access"):
        await database[name].create_indexes([ONE_KEY_AN_OWNER])
