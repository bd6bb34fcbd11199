from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from shared.vault import Vault, migrate
from shared.vault.keys import Database
from tests.vault.builders import Document, some_masters


@pytest.fixture(scope="module")
async def database(mongo: AsyncMongoClient[Document], namespace: str) -> AsyncIterator[Database]:
    database = mongo[f"{namespace}_vault"]
    await migrate(database)
    yield database
    await mongo.drop_database(database.name)


@pytest.fixture(scope="module")
async def vault(database: Database) -> AsyncIterator[Vault]:
    vault = Vault(database, some_masters("contact", "file", "set-aside"))
    yield vault
    await vault.close()
