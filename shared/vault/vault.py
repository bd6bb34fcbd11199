"""The vault: the one place where personal data is sealed and opened."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from pymongocrypt.errors import MongoCryptError  # type: ignore[import-untyped] # the package ships no types

from shared.vault.blocks import Opened, Plain, Sealed
from shared.vault.crypt import Crypt, KeyDocument
from shared.vault.failures import Erased, MasterNotHere, NoMaster, NotMigrated, SealBroken, WrongMaster
from shared.vault.keys import Database, DataKey, DataKeys, Keys, Owner, ReplacedMaster
from shared.vault.masters import Compartment, Masters

ReadMasters = Callable[[], Masters]

OF_A_CASE: tuple[Compartment, ...] = ("contact", "file")
PROBE = "master-check"

RANDOM = b"\x02"
"""How every block begins: AEAD_AES_256_CBC_HMAC_SHA_512-Random. The id of its key follows."""


class Vault:
    """Seals and opens for one service, in the compartments whose masters it was given.

    This is a machine's use, recorded in the event of its effect; for people there is `Openings`.
    Every method raises `NoMaster` for any other compartment, `VaultUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database, masters: Masters, read_masters: ReadMasters | None = None) -> None:
        """`read_masters` tells what the files hold now: masters rotate while services run."""
        self._keys = DataKeys(database)
        self._crypts = {name: Crypt(name, held) for name, held in masters.items()}
        self._read_masters = read_masters or (lambda: masters)

    @property
    def compartments(self) -> frozenset[Compartment]:
        """What this service may seal and open."""
        return frozenset(self._crypts)

    async def check_ready(self) -> None:
        """Find out at the start, not at the first report, what would make sealing unsafe.

        Raises `NotMigrated` where one owner could get two keys, `WrongMaster` where a master is not the right one.
        """
        for name in self._crypts:
            if not await self._keys.has_index(name):
                raise NotMigrated
            try:
                await self.seal_many([Plain(name, PROBE, b"")])
            except (SealBroken, MasterNotHere):
                raise WrongMaster(name) from None

    async def keys_for(self, owners: Iterable[Owner]) -> Keys:
        """The data key of each owner, made where there is none: for blocks that are sealed in a moment."""
        wanted = self._by_compartment(owners)
        try:
            return await self._keys.make(wanted, self._new_key) if wanted else {}
        except ReplacedMaster:
            self.take_masters()
        try:
            return await self._keys.make(wanted, self._new_key)
        except ReplacedMaster:
            raise MasterNotHere from None

    async def seal_many(self, blocks: Sequence[Plain], known: Keys | None = None) -> list[bytes]:
        """Seal each block under its owner's data key, made where there is none. `known` are keys of a moment ago.

        Raises `Erased`, naming every owner that is erased, before anything is sealed.
        """
        keys, owners = known or {}, _owners(blocks)
        keys = keys | await self.keys_for(owners - keys.keys())
        if erased := {name for compartment, name in owners if isinstance(keys[compartment, name], Erased)}:
            raise Erased(erased)
        return [self._seal(each, keys[each.compartment, each.owner]) for each in blocks]

    async def open_many(self, blocks: Sequence[Sealed]) -> list[Opened]:
        """Open each block: its content, or why it has none."""
        keys = await self._keys.find(self._by_compartment(_owners(blocks)))
        return [self._open(block, keys.get((block.compartment, block.owner))) for block in blocks]

    async def open(self, block: Sealed) -> bytes:
        """Open one block. Raises `Erased` or `SealBroken`."""
        self._in(block.compartment)
        opened = self._open(block, await self._keys.find_one((block.compartment, block.owner)))
        if isinstance(opened, bytes):
            return opened
        raise opened

    async def forget(self, compartment: Compartment, owner: str) -> None:
        """Erase: whatever was sealed for this owner is unreadable from now on, in every copy.

        A tombstone stays, so that a late event can't make the key anew and "erased" differs from "lost".
        """
        self._in(compartment)
        await self._keys.destroy(compartment, owner)

    async def forget_case(self, case_id: str) -> None:
        """Erase a person's data: how to reach her, and her file."""
        for compartment in OF_A_CASE:
            await self.forget(compartment, case_id)

    async def forgotten(self, case_ids: Sequence[str]) -> set[str]:
        """Those of these cases whose every key is a tombstone."""
        keys = await self._keys.find({compartment: set(case_ids) for compartment in OF_A_CASE})
        return {id_ for id_ in case_ids if all(isinstance(keys.get((of, id_)), Erased) for of in OF_A_CASE)}

    def take_masters(self) -> None:
        """Hold the masters that the files hold now, and no other. Raises `UnusableMaster`."""
        for name, held in self._read_masters().items():
            if held != self._crypts[name].masters:
                self._crypts[name].close()
                self._crypts[name] = Crypt(name, held)

    async def close(self) -> None:
        """Drop every unwrapped key from this process. The database's client is its owner's to close."""
        for crypt in self._crypts.values():
            crypt.close()

    def _new_key(self, compartment: Compartment, owner: str) -> KeyDocument:
        return self._in(compartment).new_key(owner)

    def _seal(self, block: Plain, key: DataKey) -> bytes:
        if isinstance(key, Erased):
            raise Erased({block.owner})
        try:
            return self._holding(block.compartment, key).encrypt(key, block.content)
        except MongoCryptError:
            raise SealBroken from None

    def _open(self, block: Sealed, key: DataKey | None) -> Opened:
        self._in(block.compartment)
        if isinstance(key, Erased):
            return Erased({block.owner})
        # libmongocrypt would open whatever key the bytes name: only its owner's may open a block.
        if key is None or block.sealed[:17] != RANDOM + key["_id"]:
            return SealBroken()
        try:
            return self._holding(block.compartment, key).decrypt(key, block.sealed)
        except MongoCryptError:
            return SealBroken()

    def _holding(self, compartment: Compartment, key: KeyDocument) -> Crypt:
        if not self._in(compartment).unwraps(key):
            self.take_masters()
        if not self._in(compartment).unwraps(key):
            raise MasterNotHere
        return self._in(compartment)

    def _in(self, compartment: Compartment) -> Crypt:
        if compartment not in self._crypts:
            raise NoMaster(compartment)
        return self._crypts[compartment]

    def _by_compartment(self, owners: Iterable[Owner]) -> dict[Compartment, set[str]]:
        found: dict[Compartment, set[str]] = defaultdict(set)
        for compartment, name in owners:
            self._in(compartment)
            found[compartment].add(name)
        return found


def _owners(blocks: Iterable[Plain | Sealed]) -> set[Owner]:
    return {(each.compartment, each.owner) for each in blocks}
