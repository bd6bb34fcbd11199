"""A transaction that a dead process has left open is ended; one of this process that is only slow is not."""

import asyncio
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from shared.delivery import orphans
from shared.delivery.failures import Retry, triage
from shared.delivery.orphans import Orphans
from shared.delivery.transaction import MAJORITY, SNAPSHOT

IN_THE_WAY = OperationFailure("in the way", 112)


async def test_only_what_another_process_of_this_service_has_left_open_is_ended(
    mongo_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "IDLE_MICROSECONDS", 50_000)
    ends: dict[str, Retry | None] = {}
    names = {"own": f"{namespace}-toy 1", "dead": f"{namespace}-toy 2", "foreign": f"{namespace}-toys 3"}
    clients = {who: AsyncMongoClient[dict[str, Any]](mongo_url, appname=name) for who, name in names.items()}
    sessions = {who: client.start_session() for who, client in clients.items()}
    rows = {who: client[f"{namespace}_orphans"]["rows"] for who, client in clients.items()}
    await rows["own"].insert_one({"_id": "first"})
    for who, session in sessions.items():
        await session.start_transaction(SNAPSHOT, MAJORITY)
        await rows[who].insert_one({"_id": who}, session=session)
    await asyncio.sleep(0.1)
    database = clients["own"][f"{namespace}_orphans"]
    await Orphans(database, f"{namespace}-toy").evict_if_in_the_way(IN_THE_WAY)
    for who, session in sessions.items():
        try:
            await session.commit_transaction()
            ends[who] = None
        except OperationFailure as error:
            ends[who] = triage(error)
    assert ends == {"own": None, "dead": Retry.SMALLER, "foreign": None}
    for client in clients.values():
        await client.close()
