"""The keys for which stations seal: made anew, destroyed, and looked at while intake runs."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import structlog

from services.intake.migrations import MIGRATIONS
from services.intake.settings import IntakeSettings
from shared.contracts.event import Event
from shared.contracts.events import KeyDestroyed, KeyRotated
from shared.contracts.topics import station_reports
from shared.delivery.cause import Actor, new_cause
from shared.delivery.opening import connect, named, open_delivery
from shared.delivery.periodic import ItemsFailed
from shared.delivery.unit import Work
from shared.vault.ring import Ring, UnusableKey, add_encryption_key, encryption_files, remove_key
from shared.watch.metrics import Metrics

LOOKED_AT_EVERY = 5.0
VENDORS_READ_WITHIN, SEGMENTS_LAST = timedelta(days=1), timedelta(days=7)
OPENS_FOR = timedelta(days=station_reports("").retention_days or 0) + SEGMENTS_LAST + VENDORS_READ_WITHIN
"""So long after it was replaced something may still stand on Kafka that is sealed for a key: whole segments go."""

log = structlog.get_logger()


def listed(settings: IntakeSettings) -> list[tuple[str, Path]]:
    """Each key that opens, and its file; the published one first."""
    return list(reversed(encryption_files(settings.keys)))


async def rotate(settings: IntakeSettings, by: str) -> str:
    """Add a key, for which stations seal as soon as intake has seen it. Returns its kid."""
    kid = add_encryption_key(settings.keys)
    await _say(settings, KeyRotated(kid=kid), by)
    return kid


async def destroy(settings: IntakeSettings, kid: str, by: str) -> None:
    """Destroy an older key. It is said first: what can't be undone is never done unsaid. Raises `UnusableKey`."""
    known = listed(settings)
    if kid not in dict(known):
        raise UnusableKey(f"There is no key {kid} in {settings.keys}.")
    if kid == known[0][0]:
        raise UnusableKey(f"{kid} is the published key: rotate first.")
    await _say(settings, KeyDestroyed(kid=kid), by)
    remove_key(dict(known)[kid])


async def rotate_due(settings: IntakeSettings, by: str) -> tuple[str | None, list[str]]:
    """Add a key where the published one is old, and destroy those for which nothing stands on Kafka any more.

    Returns the kid of the new key, if there is one, and those that were destroyed. A key stays while a record that was
    set aside under it is undecided: it could never be decided otherwise.
    """
    now, known = datetime.now(UTC), encryption_files(settings.keys)
    ages = [(kid, now - _made_at(path)) for kid, path in known]
    is_due = ages[-1][1] >= timedelta(days=settings.key_days)
    # An older key was replaced when the next one was made.
    over = {kid: replaced for (kid, _), (_, replaced) in pairwise(ages) if replaced >= OPENS_FOR}
    gone = [] if over and await _has_undecided(settings, now - min(over.values()) + OPENS_FOR) else list(over)
    for kid in gone:
        await destroy(settings, kid, by)
    return await rotate(settings, by) if is_due else None, gone


async def _has_undecided(settings: IntakeSettings, before: datetime) -> bool:
    """Whether a record stands set aside since before then, or waits behind one."""
    undecided = {"state": {"$in": ["set-aside", "waiting"]}, "since": {"$lt": before}}
    async with connect(settings, "relais-keys") as client:
        return await client[named(settings, settings.store())]["set_aside"].find_one(undecided) is not None


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


async def read_folder(ring: Ring, folder: Path) -> None:
    """Take up what has changed in the folder. Raises `ItemsFailed` for a key that can't be used: nothing changes."""
    try:
        ring.take(await asyncio.to_thread(Ring.read, folder))
    except UnusableKey as error:
        log.error("keys-unusable", error=type(error).__name__)
        raise ItemsFailed from error


async def _say(settings: IntakeSettings, event: Event, by: str) -> None:
    def act(work: Work) -> None:
        work.say(event, settings.service)

    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        actor = Actor("app_user", str(settings.authid_of(by)))
        with delivery.tracing.hop("command", "keys"):
            await delivery.perform(new_cause(delivery, by=actor), act)
