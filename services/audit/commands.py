"""What the `relais` command does with audit: make its database, tell auditors how to check, look for a type of line."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from faststream.kafka.security import parse_security
from pymongo import AsyncMongoClient

from services.audit.checking import check_log
from services.audit.domain.note import read_vkey
from services.audit.epochs import Because, CannotBegin, begin_epoch, hold_epoch, retire_epoch
from services.audit.handlers.published import published_notes
from services.audit.handlers.source import Source
from services.audit.handlers.writer import LogWriter
from services.audit.migrations import MIGRATIONS
from services.audit.settings import AuditSettings
from services.audit.store.entries import Entries
from services.audit.store.log import LogStore
from shared.contracts.events import CaseErased
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named, open_delivery
from shared.settings import ServerSettings
from shared.watch.metrics import Metrics

Client = AsyncMongoClient[dict[str, Any]]
ERASED = CaseErased.type
__all__ = ["CannotBegin"]


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators of every epoch; nothing where they are made. What was applied."""
    async with connect(settings, "relais-migrate") as client:
        applied = [await migrate(client[name], MIGRATIONS) for name in await epochs(client, settings)]
        return [each for some in applied for each in some]


async def erased_cases(settings: ServerSettings) -> list[UUID]:
    """The cases that the logs of all epochs say are erased, in the order in which they were."""
    async with connect(settings, "relais-doctor") as client:
        logs = [Entries(client[name]) for name in await epochs(client, settings)]
        return [UUID(id_) for each in logs async for id_ in each.subjects_of(ERASED)]


async def epochs(client: Client, settings: ServerSettings) -> list[str]:
    """The databases of all epochs, the first one first, whether or not it is there."""
    first = named(settings, "audit")
    later = [name for name in await client.list_database_names() if name.startswith(f"{first}_")]
    return [first, *sorted(later)]


async def begin(settings: AuditSettings, previous: str | None, vkey: str, because: str) -> str:
    """End the epoch before and begin the one of these settings; what is quoted. Raises `CannotBegin`, `ValueError`."""
    if settings.audit_epoch is None or settings.audit_epoch == previous:
        raise CannotBegin("Name the new epoch: set RELAIS_AUDIT_EPOCH, and RELAIS_AUDIT_ORIGIN.")
    verifier = read_vkey(vkey)
    if verifier.name == settings.audit_origin:
        raise CannotBegin("The new epoch needs a name of its own: set RELAIS_AUDIT_ORIGIN.")
    async with connect(settings, "relais-migrate") as client:
        await migrate(client[named(settings, settings.store())], MIGRATIONS)
        before = client[_epoch(settings, previous)]
        source = Source(settings.kafka, settings.namespace, **parse_security(settings.kafka_security()))
        async with open_delivery(settings, ("access",), MIGRATIONS, Metrics(settings.service)) as delivery:
            await source.start()
            try:
                notes = await published_notes(source)
            finally:
                await source.close()
            writer = LogWriter(delivery, LogStore(delivery.database), settings.signer())
            at = delivery.clock.now()
            quoted = await begin_epoch(before, verifier, notes, writer, Because(because), at=at)
    return f"{quoted.origin}, {quoted.size} lines"


async def hold(settings: ServerSettings, epoch: str | None, *, on: bool) -> None:
    """Begin or end a legal hold on an epoch."""
    async with connect(settings, "relais-audit") as client:
        await hold_epoch(client[_epoch(settings, epoch)], hold=on)


async def retire(settings: ServerSettings, epoch: str | None) -> str:
    """Destroy the lines of an epoch that is over for long enough; its final checkpoint. Raises `CannotBegin`."""
    async with connect(settings, "relais-audit") as client:
        return await retire_epoch(client[_epoch(settings, epoch)], datetime.now(UTC))


def _epoch(settings: ServerSettings, name: str | None) -> str:
    return named(settings, f"audit_{name}" if name else "audit")


async def check(
    settings: ServerSettings, told: Callable[[int, int], None], epoch: str | None = None
) -> tuple[int, list[str]]:
    """How many lines of an epoch were looked at, and what is wrong with them or with what they are found by."""
    async with connect(settings, "relais-audit") as client:
        return await check_log(client[_epoch(settings, epoch)], told)


def verifier_key(settings: AuditSettings) -> str:
    """What auditors must know, from somebody they trust, to check the log: its name and public key, in one line."""
    return settings.signer().verifier.vkey
