from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from pydantic import SecretBytes

from shared.vault import Compartment, Masters, Plain, Sealed, Vault
from shared.vault.keys import Database
from shared.vault.masters import MASTER_BYTES

Document = dict[str, Any]


def some_masters(*compartments: Compartment, filled_with: int = 7) -> Masters:
    return {name: SecretBytes(bytes([filled_with]) * MASTER_BYTES) for name in compartments}


def a_case() -> str:
    return str(uuid4())


async def a_sealed_block(vault: Vault, case: str, content: bytes = b"{}", compartment: Compartment = "file") -> Sealed:
    [sealed] = await vault.seal_many([Plain(compartment, case, content)])
    return Sealed(compartment, case, sealed)


@asynccontextmanager
async def another_process(database: Database, *compartments: Compartment, filled_with: int = 7) -> AsyncIterator[Vault]:
    """A vault that has no key in its memory yet."""
    vault = Vault(database, some_masters(*compartments, filled_with=filled_with))
    yield vault
    await vault.close()
