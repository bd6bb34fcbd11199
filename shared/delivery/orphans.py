"""Ends the transactions of processes that died, instead of waiting a minute for the server to do it."""

from typing import Any

import structlog
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shared.delivery.failures import is_write_conflict
from shared.delivery.shelf import Database

IDLE_MICROSECONDS = 1_000_000

log = structlog.get_logger()


class Orphans:
    """Finds idle transactions of our own service and kills their sessions: a live owner simply tries again."""

    def __init__(self, database: Database, appname: str) -> None:
        # $currentOp knows no other read concern.
        self._admin = database.client.get_database("admin", read_concern=ReadConcern("local"))
        self._appname = appname

    async def evict_if_in_the_way(self, error: Exception) -> None:
        """Called when a lane is stuck: does something only where a write conflict stopped it."""
        if not is_write_conflict(error):
            return
        try:
            sessions = await self._idle_transactions()
            if sessions:
                # Without it `command` would encode no UUID.
                await self._admin.command("killSessions", sessions, codec_options=self._admin.codec_options)
                log.warning("orphan-transactions-evicted", count=len(sessions))
        except PyMongoError as failure:
            log.warning("orphan-eviction-failed", error=type(failure).__name__)

    async def _idle_transactions(self) -> list[dict[str, Any]]:
        idle = {
            "type": "idleSession",
            "appName": self._appname,
            "transaction.timeInactiveMicros": {"$gt": IDLE_MICROSECONDS},
        }
        pipeline: list[dict[str, Any]] = [
            {"$currentOp": {"idleSessions": True}},
            {"$match": idle},
            {"$project": {"lsid": True}},
        ]
        cursor = await self._admin.aggregate(pipeline)
        return [{"id": each["lsid"]["id"]} async for each in cursor]
