"""Data keys: one a case and compartment, so that destroying it erases every copy of what it sealed."""

from asyncio import sleep
from collections.abc import Collection
from typing import Any
from uuid import uuid4

from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from pydantic import SecretBytes
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.asynchronous.encryption import AsyncClientEncryption
from pymongo.encryption_shared import Algorithm
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongocrypt.errors import MongoCryptError  # type: ignore[import-untyped]  # the package ships no types

from shared.vault.failures import Erased, SealBroken, VaultUnavailable, causes_shown
from shared.vault.masters import Compartment, member_name
from shared.vault.side_by_side import side_by_side

Database = AsyncDatabase[dict[str, Any]]
DataKey = Binary | Erased
"""A data key's id, or that it is destroyed."""

KEY_EXPIRATION_MS = 1000
ATTEMPTS = 10
PAUSE_SECONDS = 0.02
RANDOM = b"\x02"
OPAQUE: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.UNSPECIFIED)
ONE_KEY_AN_OWNER = IndexModel(
    "keyAltNames", name="one-key-an-owner", unique=True, partialFilterExpression={"keyAltNames": {"$exists": True}}
)


class DataKeys:
    """The data keys of one compartment, kept wrapped by its master in the vault's database.

    Each method raises `VaultUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database, compartment: Compartment, master: SecretBytes) -> None:
        name = member_name(compartment)
        self._provider = f"local:{name}"
        # A key that a failover could roll back must never have sealed anything: majority for reads and writes.
        self._documents = database.get_collection(
            name, OPAQUE, ReadPreference.PRIMARY, WriteConcern("majority"), ReadConcern("majority")
        )
        self._encryption: AsyncClientEncryption[dict[str, Any]] = AsyncClientEncryption(
            {self._provider: {"key": master.get_secret_value()}},
            f"{database.name}.{name}",
            database.client,
            OPAQUE,
            key_expiration_ms=KEY_EXPIRATION_MS,
        )

    async def has_index(self) -> bool:
        """Whether the index stands on which "one key an owner" rests."""
        with causes_shown():
            return ONE_KEY_AN_OWNER.document["name"] in await self._documents.index_information()

    async def find(self, owners: Collection[str]) -> dict[str, DataKey]:
        """The keys of those owners that have, or had, one."""
        wanted = {"keyAltNames": {"$in": list(owners)}}
        with causes_shown():
            documents = await self._documents.find(wanted, {"keyAltNames": 1, "erased_at": 1}).to_list()
        return {each["keyAltNames"][0]: Erased() if "erased_at" in each else each["_id"] for each in documents}

    async def make(self, owners: Collection[str]) -> dict[str, DataKey]:
        """The key of each owner, made where there is none; a destroyed key is never made anew."""
        for attempt in range(ATTEMPTS):
            # Somebody else's new key is a duplicate at once, but is read only when a majority has it.
            await sleep(attempt and PAUSE_SECONDS * (attempt - 1))
            keys = await self.find(owners)
            missing = [owner for owner in owners if owner not in keys]
            if not missing:
                return keys
            await side_by_side(self._create, missing)
        raise VaultUnavailable

    async def _create(self, owner: str) -> None:
        try:
            with causes_shown():
                await self._encryption.create_data_key(self._provider, key_alt_names=[owner])
        except DuplicateKeyError:
            return  # somebody was faster: one key is what we wanted

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

    async def encrypt(self, owner: str, key: DataKey, content: bytes) -> bytes:
        """Seal under this key. Raises `Erased`, or `SealBroken` where the key itself can't be unwrapped."""
        if isinstance(key, Erased):
            raise Erased({owner})
        try:
            with causes_shown():
                return bytes(
                    await self._encryption.encrypt(content, Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random, key_id=key)
                )
        except MongoCryptError:
            raise await self._explain(owner) from None

    async def decrypt(self, owner: str, key: DataKey | None, sealed: bytes) -> bytes:
        """Open what was sealed under this key. Raises `Erased` or `SealBroken`."""
        if isinstance(key, Erased):
            raise Erased({owner})
        # The driver would open whatever key the bytes name: only its owner's may open a block.
        if key is None or sealed[:17] != RANDOM + key:
            raise SealBroken
        try:
            with causes_shown():
                return bytes(await self._encryption.decrypt(Binary(sealed, 6)))
        except MongoCryptError:
            raise await self._explain(owner) from None

    async def _explain(self, owner: str) -> Erased | SealBroken:
        """Why the driver refused a key: destroyed since it was found, or a fault."""
        key = (await self.find([owner])).get(owner)
        return Erased({owner}) if isinstance(key, Erased) else SealBroken()

    async def close(self) -> None:
        """Forget the unwrapped keys. The client stays open: it is not ours."""
        await self._encryption.close()


async def migrate(database: Database) -> None:
    """Make the vault's collections and the index that lets an owner have one key only. Again changes nothing."""
    for name in ("contact", "file", "set_aside", "access"):
        await database[name].create_indexes([ONE_KEY_AN_OWNER])
