"""Data keys: one a case and compartment, so that destroying it erases every copy of what it sealed."""

from asyncio import Task, create_task, gather, shield, sleep
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import uuid4

from bson.binary import Binary
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from shared.asking import ask
from shared.vault.crypt import OPAQUE, KeyDocument
from shared.vault.failures import Erased, VaultUnavailable, causes_shown
from shared.vault.masters import COMPARTMENTS, Compartment, member_name

Database = AsyncDatabase[KeyDocument]
DataKey = KeyDocument | Erased
"""A data key, or that it is destroyed."""

Owner = tuple[Compartment, str]
"""A case in one compartment, or whatever else has a data key of its own."""
Keys = dict[Owner, DataKey]
Wanted = Mapping[Compartment, Collection[str]]
"""Owners by compartment."""
NewKey = Callable[[Compartment, str], KeyDocument]

MASTERS = "masters"
"""The collection that says of each master from when to when it was used, and never what it is."""
ATTEMPTS = 10
PAUSE_SECONDS = 0.02
DUPLICATE_KEY, REFUSED_BY_VALIDATOR = 11000, 121
ONE_KEY_AN_OWNER = IndexModel(
    "keyAltNames", name="one-key-an-owner", unique=True, partialFilterExpression={"keyAltNames": {"$exists": True}}
)


TOMBSTONE = {"erased_at": {"$exists": True}, "keyMaterial": {"$exists": False}, "masterKey": {"$exists": False}}
"""What an erasure leaves, and what no re-wrap may fill again: PyMongo's updates by `_id` alone."""
MADE = {"erased_at": {"$exists": False}}


class ReplacedMaster(Exception):
    """A key was to be made under a master that another one has followed: the collection refuses it."""


class DataKeys:
    """The data keys of some compartments, each kept wrapped by its master in the vault's database.

    Each method raises `VaultUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        # A key that a failover could roll back must never have sealed anything: majority for reads and writes.
        self._database = database.with_options(
            OPAQUE, ReadPreference.PRIMARY, WriteConcern("majority"), ReadConcern("majority")
        )
        self._next: tuple[dict[Compartment, set[str]], Task[Keys]] | None = None

    async def has_index(self, compartment: Compartment) -> bool:
        """Whether the index stands on which "one key an owner" rests."""
        with causes_shown():
            return ONE_KEY_AN_OWNER.document["name"] in await self._of(compartment).index_information()

    async def find(self, wanted: Wanted) -> Keys:
        """The keys of those owners that have, or had, one: all compartments in one question."""
        questions = [(member_name(each), _looking_for(owners)) for each, owners in wanted.items()]
        with causes_shown():
            answers = await ask(self._database, questions)
        return {
            (compartment, document["keyAltNames"][0]): _data_key(document)
            for compartment, answer in zip(wanted, answers, strict=True)
            for document in answer
        }

    async def find_one(self, owner: Owner) -> DataKey | None:
        """The key of one owner, if it has or had one: whoever asks at the same moment shares the question."""
        if self._next is None:
            wanted: dict[Compartment, set[str]] = defaultdict(set)
            self._next = wanted, create_task(self._find_next(wanted))
            # Nobody may be left to hear of it.
            self._next[1].add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        wanted, asked = self._next
        wanted[owner[0]].add(owner[1])
        return (await shield(asked)).get(owner)

    async def _find_next(self, wanted: Wanted) -> Keys:
        await sleep(0)
        self._next = None
        return await self.find(wanted)

    async def make(self, wanted: Wanted, new: NewKey) -> Keys:
        """The key of each owner, made where there is none; a destroyed key is never made anew.

        Raises `ReplacedMaster`.
        """
        for attempt in range(ATTEMPTS):
            # Somebody else's new key is a duplicate at once, but is read only when a majority has it.
            await sleep(attempt and PAUSE_SECONDS * (attempt - 1))
            keys = await self.find(wanted)
            made = {
                compartment: {owner: new(compartment, owner) for owner in owners if (compartment, owner) not in keys}
                for compartment, owners in wanted.items()
            }
            if all(await gather(*(self._insert(name, list(of.values())) for name, of in made.items() if of))):
                return keys | {(name, owner): key for name, of in made.items() for owner, key in of.items()}
        raise VaultUnavailable

    async def _insert(self, compartment: Compartment, new: Sequence[KeyDocument]) -> bool:
        """Whether all of these keys are kept now; where not, somebody was faster for some owners."""
        try:
            with causes_shown():
                await self._of(compartment).insert_many(new, ordered=False)
        except BulkWriteError as error:
            codes = {each["code"] for each in error.details["writeErrors"]}
            if REFUSED_BY_VALIDATOR in codes:
                raise ReplacedMaster from error
            if codes - {DUPLICATE_KEY}:
                raise VaultUnavailable from error
            return False
        return True

    async def destroy(self, compartment: Compartment, owner: str) -> None:
        """Erase: put a tombstone where the key is, or would be made later. Doing it again keeps the first date."""
        tombstone = {
            "_id": {"$ifNull": ["$_id", Binary.from_uuid(uuid4())]},
            "keyAltNames": [owner],
            "erased_at": {"$ifNull": ["$erased_at", "$$NOW"]},
        }
        keys, replaced = self._of(compartment), [{"$replaceWith": tombstone}]
        for _ in range(ATTEMPTS):
            try:
                with causes_shown():
                    await keys.update_one({"keyAltNames": owner}, replaced, upsert=True)
                return
            except DuplicateKeyError:
                continue  # the key was made between the look and the tombstone: now it is there to be replaced
        raise VaultUnavailable

    def _of(self, compartment: Compartment) -> AsyncCollection[KeyDocument]:
        return self._database[member_name(compartment)]


def _looking_for(owners: Collection[str]) -> list[KeyDocument]:
    return [{"$match": {"keyAltNames": {"$in": list(owners)}}}]


def _data_key(document: KeyDocument) -> DataKey:
    return Erased() if "erased_at" in document else document


def allowed(provider: str | None = None) -> KeyDocument:
    """What a compartment's collection takes: tombstones without a key, and keys, of one master only where it is given.

    The database itself refuses the rest: no process can bring an erased key back, or make one for a replaced master.
    """
    return {"$or": [TOMBSTONE, MADE | ({"masterKey.provider": provider} if provider else {})]}


async def migrate(database: Database) -> None:
    """Make the vault's collections, their index and their validator. Again changes nothing."""
    for name in (member_name(each) for each in COMPARTMENTS):
        await database[name].create_indexes([ONE_KEY_AN_OWNER])
        if not (await database[name].options()).get("validator"):
            await database.command("collMod", name, validator=allowed())
    await database[MASTERS].create_indexes([IndexModel("compartment", name="compartment")])
