"""The table of stores is complete, and the limits that it names exist."""

import re
from importlib import import_module
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from shared.contracts.topics import SERVICES
from shared.delivery.migrations import migrate
from shared.vault import migrate as migrate_vault
from tests.conftest import RUN
from tests.deploy.stores import rows, table


async def collections(mongo: AsyncMongoClient[dict[str, Any]]) -> set[str]:
    """All that `relais migrate` makes."""
    found = set[str]()
    for name in (*SERVICES, "vault"):
        database = mongo[f"{RUN}stores_{name}"]
        if name == "vault":
            await migrate_vault(database)
        else:
            await migrate(database, import_module(f"services.{name}.migrations").MIGRATIONS)
        found |= {f"{name}.{each}" for each in await database.list_collection_names()}
        await mongo.drop_database(database.name)
    return found


async def test_every_collection_stands_in_the_table_once(mongo: AsyncMongoClient[dict[str, Any]]) -> None:
    named = [name for row in rows() for name in row.collections()]
    assert len(named) == len(set(named))
    assert set(named) == await collections(mongo)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_limit_that_is_named_exists_and_is_below_what_a_document_may_hold(row: Any) -> None:
    assert 0 < row.kib <= 10 * 1024
    for path in row.named:
        module, _, constant = path.rpartition(".")
        assert 0 < getattr(import_module(module), constant) <= row.kib * 1024


def test_what_others_choose_in_bytes_has_a_limit_with_a_name_and_says_what_is_kept_above_it() -> None:
    in_bytes = [row for row in rows() if re.search("bytes|sealed|signature|lines", row.what)]
    words = [row for row in in_bytes if "words" in row.what]
    assert [row.name for row in in_bytes if not (row.named and row.above) and row not in words] == []
    assert all(row.kib <= 16 for row in words)
    assert len(table()) > 40
