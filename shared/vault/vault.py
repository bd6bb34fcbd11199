"""The vault: the one place where personal data is sealed and opened."""

from asyncio import gather
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from shared.vault.blocks import Opened, Plain, Sealed
from shared.vault.failures import Erased, NoMaster, NotMigrated, SealBroken, WrongMaster
from shared.vault.keys import Database, DataKey, DataKeys
from shared.vault.masters import Compartment, Masters

OF_A_CASE: tuple[Compartment, ...] = ("contact", "file")
PROBE = "master-check"

Keys = dict[tuple[Compartment, str], DataKey]
KeySource = Callable[[DataKeys, set[str]], Awaitable[dict[str, DataKey]]]


class Vault:
    """Seals and opens for one service, in the compartments whose masters it was given.

    This is a machine's use, recorded in the event of its effect; for people there is `Openings`.
    Every method raises `NoMaster` for any other compartment, `VaultUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database, masters: Masters) -> None:
        self._compartments = {name: DataKeys(database, name, master) for name, master in masters.items()}

    @property
    def compartments(self) -> frozenset[Compartment]:
        """What this service may seal and open."""
        return frozenset(self._compartments)

    async def check_ready(self) -> None:
        """Find out at the start, not at the first report, what would make sealing unsafe.

        Raises `NotMigrated` where one owner could get two keys, `WrongMaster` where a master is not the right one.
        """
        for name, keys in self._compartments.items():
            if not await keys.has_index():
                raise NotMigrated
            try:
                await self.seal_many([Plain(name, PROBE, b"")])
            except SealBroken:
                raise WrongMaster(name) from None

    async def seal_many(self, blocks: Sequence[Plain]) -> list[bytes]:
        """Seal each block under its owner's data key, made where there is none.

        Raises `Erased`, naming every owner that is erased, before anything is sealed.
        """
        keys = await self._keys(blocks, DataKeys.make)
        if erased := {owner for (_, owner), key in keys.items() if isinstance(key, Erased)}:
            raise Erased(erased)

        return [
            self._in(each.compartment).encrypt(each.owner, keys[each.compartment, each.owner], each.content)
            for each in blocks
        ]

    async def open_many(self, blocks: Sequence[Sealed]) -> list[Opened]:
        """Open each block: its content, or why it has none."""
        keys = await self._keys(blocks, DataKeys.find)
        return [self._open(block, keys.get((block.compartment, block.owner))) for block in blocks]

    async def open(self, block: Sealed) -> bytes:
        """Open one block. Raises `Erased` or `SealBroken`."""
        [opened] = await self.open_many([block])
        if isinstance(opened, bytes):
            return opened
        raise opened

    async def forget(self, compartment: Compartment, owner: str) -> None:
        """Erase: whatever was sealed for this owner is unreadable from now on, in every copy.

        A tombstone stays, so that a late event can't make the key anew and "erased" differs from "lost".
        """
        await self._in(compartment).destroy(owner)

    async def forget_case(self, case_id: str) -> None:
        """Erase a person's data: how to reach her, and her file."""
        for compartment in OF_A_CASE:
            await self.forget(compartment, case_id)

    async def close(self) -> None:
        """Drop every unwrapped key from this process. The database's client is its owner's to close."""
        for keys in self._compartments.values():
            keys.close()

    def _open(self, block: Sealed, key: DataKey | None) -> Opened:
        try:
            return self._in(block.compartment).decrypt(block.owner, key, block.sealed)
        except (Erased, SealBroken) as failure:
            return failure.with_traceback(None)

    def _in(self, compartment: Compartment) -> DataKeys:
        if compartment not in self._compartments:
            raise NoMaster(compartment)
        return self._compartments[compartment]

    async def _keys(self, blocks: Sequence[Plain | Sealed], source: KeySource) -> Keys:
        owners: dict[Compartment, set[str]] = defaultdict(set)
        for block in blocks:
            owners[block.compartment].add(block.owner)
        found = await gather(*(source(self._in(name), wanted) for name, wanted in owners.items()))
        return {(name, owner): key for name, keys in zip(owners, found, strict=True) for owner, key in keys.items()}
