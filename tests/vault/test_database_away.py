import socket
from collections.abc import AsyncIterator

import pymongo
import pytest
from pymongo import AsyncMongoClient

from shared.vault import Plain, Sealed, Vault, VaultUnavailable
from shared.vault.keys import Database
from tests.vault.builders import Document, a_case, some_masters


@pytest.fixture
async def cut_off() -> AsyncIterator[Vault]:
    """A vault whose database takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client: AsyncMongoClient[Document] = AsyncMongoClient(*silent.getsockname(), serverSelectionTimeoutMS=100)
        vault = Vault(client["vault"], some_masters("file"))
        yield vault
        await vault.close()
        await client.close()


async def test_sealing_without_the_database_is_tried_again_later(cut_off: Vault) -> None:
    with pytest.raises(VaultUnavailable):
        await cut_off.seal_many([Plain("file", a_case(), b"{}")])


async def test_opening_without_the_database_is_no_fault_of_the_record(cut_off: Vault) -> None:
    with pytest.raises(VaultUnavailable):
        await cut_off.open_many([Sealed("file", a_case(), b"\x02" + bytes(100))])


async def test_an_erasure_without_the_database_does_not_seem_done(cut_off: Vault) -> None:
    with pytest.raises(VaultUnavailable):
        await cut_off.forget("file", a_case())


async def test_a_database_that_is_too_slow_for_the_driver_is_away(vault: Vault) -> None:
    with pymongo.timeout(1e-6), pytest.raises(VaultUnavailable):
        await vault.seal_many([Plain("file", a_case(), b"{}")])


async def test_a_database_that_refuses_the_key_is_no_fault_of_the_record(database: Database) -> None:
    refusing = database.client[f"{database.name}_refusing"]
    await refusing.create_collection("file", validator={"never": {"$exists": True}})
    vault = Vault(refusing, some_masters("file"))
    with pytest.raises(VaultUnavailable):
        await vault.seal_many([Plain("file", a_case(), b"{}")])
    await vault.close()
    await database.client.drop_database(refusing)
