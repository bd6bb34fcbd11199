"""A person's look at personal data (consultation): on the log before it is shown."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.vocabulary import Purpose
from shared.vault.blocks import Opened, Sealed
from shared.vault.masters import Compartment
from shared.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at what, and why: references only, as the log keeps them."""

    by: UUID
    why: Purpose
    at: tuple[tuple[Compartment, str], ...]


Record = Callable[[Look], Awaitable[None]]
"""Says `PersonalDataConsulted` and commits it; it raises if it can't."""


class Openings:
    """The only way in which people get to see what is sealed: give this to HTTP doors, never the vault itself."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def open(self, blocks: Sequence[Sealed], *, by: UUID, why: Purpose, record: Record) -> list[Opened]:
        """Open each block for a person, named by opaque id.

        What opened is returned only after `record` has committed this look; if that fails, nothing is.
        """
        opened = await self._vault.open_many(blocks)
        pairs = zip(blocks, opened, strict=True)
        shown = dict.fromkeys((block.compartment, block.owner) for block, each in pairs if isinstance(each, bytes))
        if shown:
            await record(Look(by, why, tuple(shown)))
        return opened
