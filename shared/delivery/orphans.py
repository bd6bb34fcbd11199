"""Ends the transactions of processes that died, instead of waiting a minute for the server to do it."""

import re
from typing import Any

import structlog
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shared.delivery.failures import is_write_conflict
from shared.delivery.shelf import Database

IDLE_MICROSECONDS, OWN_IDLE_MICROSECONDS = 1_000_000, 10_000_000
"""So long a transaction stands still before its owner counts as dead. This process knows that it is only slow."""

log = structlog.get_logger()


class Orphans:
    """Finds idle transactions of our own service and kills their sessions: a live owner simply tries again."""

    def __init__(self, database: Database, appname: str) -> None:
        # $currentOp knows no other read concern.
        self._admin = database.client.get_database("admin", read_concern=ReadConcern("local"))
        self._of_service = {"$regex": f"^{re.escape(appname)} "}
        self._own_name = database.client.options.pool_options.appname

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
        others = {"appName": {"$ne": self._own_name}, "transaction.timeInactiveMicros": {"$gt": IDLE_MICROSECONDS}}
        own = {"transaction.timeInactiveMicros": {"$gt": OWN_IDLE_MICROSECONDS}}
        idle = {"type": "idleSession", "appName": self._of_service, "$or": [others, own]}
        pipeline: list[dict[str, Any]] = [
            {"$currentOp": {"idleSessions": True}},
            {"$match": idle},
            {"$project": {"lsid": True}},
        ]
        cursor = await self._admin.aggregate(pipeline)
        return [{"id": each["lsid"]["id"]} async for each in cursor]
