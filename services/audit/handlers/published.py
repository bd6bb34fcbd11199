"""What the log has said of itself: the checkpoints on `relais.audit`, which the database's owner can't take back."""

import asyncio

import orjson

from services.audit.handlers.source import Source
from shared.contracts.topics import RELAIS_AUDIT

LAST_ONES = 100
READ_SECONDS = 30.0


async def published_notes(source: Source) -> list[str]:
    """The newest published checkpoints, not verified yet; what is none is passed over."""
    async with asyncio.timeout(READ_SECONDS):
        values = await source.last_values((RELAIS_AUDIT.name, 0), LAST_ONES)
    return [note for value in values if (note := _note(value))]


def _note(value: bytes) -> str | None:
    try:
        note = orjson.loads(value)["note"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return note if isinstance(note, str) else None
