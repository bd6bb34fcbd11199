"""Époques du journal: a log ends and another continues it, each year, or after a restore that no log may go on from.

An epoch is a log of its own: a name, a database. Its first line quotes the last checkpoint of the one before, so that
whoever holds either can tell that nothing was left out between them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_bytes
from typing import Any

from pymongo import ReturnDocument

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.head import Head
from services.audit.domain.leaf import SALT_SIZE, commitment, epoch_leaf
from services.audit.domain.note import Verifier
from services.audit.domain.reading import Line
from services.audit.domain.standing import newest_note
from services.audit.handlers.writer import LogWriter
from services.audit.store.documents import HEAD, head_of
from shared.delivery.shelf import Database

KEPT_FOR = timedelta(days=3 * 366)
"""Ours: as long as lines may be asked for (three years), counted from the end of the epoch."""
GONE_WITH_IT = (
    *("entries", "payloads", "tiles", "consultations", "exports", "export_parts", "watched", "findings"),
    *("sizes", "followed", "unfollowed"),
)


class Because(StrEnum):
    """Why another epoch begins."""

    YEAR = "year"
    RESTORE = "restore"


class CannotBegin(Exception):
    """An epoch can't begin, or be retired, as things stand."""


async def begin_epoch(
    before: Database, verifier: Verifier, published: Sequence[str], writer: LogWriter, because: Because, *, at: datetime
) -> Checkpoint:
    """End the log in `before` and begin the one of `writer`, reading on where the other one stood. What is quoted.

    `published` are checkpoints that the database's owner can't take back. Raises `CannotBegin`; repeating it is safe.
    """
    head = await _end(before, writer.verifier.name)
    stored = [row["note"] async for row in before["checkpoints"].find(sort={"_id": -1}, limit=1)]
    quoted = newest_note([*published, *stored], verifier)
    if quoted is None:
        raise CannotBegin("No checkpoint under this key was published or kept: is it the key of the log before?")
    note, checkpoint = quoted
    if because is Because.YEAR and (checkpoint.size, checkpoint.root) != (head.size, head.frontier.root):
        raise CannotBegin(
            f"The log before holds {head.size} lines, and a checkpoint over {checkpoint.size} was signed: "
            "look into it, and begin with the reason restore if a backup was put back."
        )
    await writer.take_over(None)
    if not writer.head.size:
        salt = token_bytes(SALT_SIZE)
        leaf = epoch_leaf(writer.verifier.name, checkpoint, because, commitment(salt, note.encode()), at)
        await writer.append([Line(leaf, salt, note.encode())], head.reached)
    await writer.continue_from(before.name)
    return checkpoint


async def hold_epoch(database: Database, *, hold: bool) -> None:
    """A legal hold (gel légal) on a whole epoch begins or ends: while it lasts nothing of it is retired."""
    await database["head"].update_one({"_id": HEAD}, {"$set": {"hold": hold}})


async def retire_epoch(database: Database, now: datetime) -> str:
    """Destroy the lines of an epoch that ended three years ago. Its final checkpoint, which is kept for ever.

    Raises `CannotBegin` where it has not ended, ended too lately, or is under a hold.
    """
    head = await database["head"].find_one({"_id": HEAD}) or {}
    if "ended_at" not in head:
        raise CannotBegin("This epoch has not ended.")
    if head.get("hold"):
        raise CannotBegin("This epoch is under a legal hold.")
    if head["ended_at"] + KEPT_FOR > now:
        raise CannotBegin(f"This epoch is kept until {head['ended_at'] + KEPT_FOR:%Y-%m-%d}.")
    final = await database["checkpoints"].find_one(sort={"_id": -1})
    if final is None:
        raise CannotBegin("This epoch has no signed checkpoint: nothing would be left of it.")
    await database["head"].update_one({"_id": HEAD}, {"$set": {"retired_at": now}})
    for name in GONE_WITH_IT:
        await database[name].delete_many({})
    await database["checkpoints"].delete_many({"_id": {"$ne": final["_id"]}})
    return str(final["note"])


async def _end(database: Database, by: str) -> Head:
    """Let nobody write there any more."""
    unless_other = {"_id": HEAD, "$or": [{"ended_by": {"$exists": False}}, {"ended_by": by}]}
    ending: list[dict[str, Any]] = [
        {
            "$set": {
                "ended_by": by,
                "ended_at": {"$ifNull": ["$ended_at", "$$NOW"]},
                "epoch": {"$add": ["$epoch", 1]},
            }
        }
    ]
    document = await database["head"].find_one_and_update(unless_other, ending, return_document=ReturnDocument.AFTER)
    if document is None:
        raise CannotBegin("There is no such log, or another one continues it already.")
    return head_of(document)
