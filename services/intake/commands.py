"""What the `relais` command does with intake: make its database, keep its registry and its keys."""

from functools import partial
from uuid import UUID

from services.intake.domain.registry import Change, Integrator, PublicKey, Registry, Speaker, changes
from services.intake.migrations import MIGRATIONS
from services.intake.registering import Registered, register, shelf_of
from services.intake.settings import IntakeSettings
from services.intake.store import INTEGRATORS, STATIONS
from shared.contracts.vocabulary import RegistryReason
from shared.delivery.cause import Actor, new_cause
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named, open_delivery
from shared.delivery.shelf import Database, Key
from shared.settings import ServerSettings
from shared.watch.metrics import Metrics


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "intake")], MIGRATIONS)


async def integrators(settings: ServerSettings) -> tuple[str, ...]:
    """The codes of all integrators that are registered: each has two topics."""
    async with connect(settings, "relais-migrate") as client:
        registered = client[named(settings, "intake")][INTEGRATORS.name]
        found = registered.find({"closed": {"$ne": True}}, {"_id": True}).sort("_id")
        return tuple([row["_id"] async for row in found])


async def import_registry(
    settings: IntakeSettings, registry: Registry, reason: RegistryReason, by: str | None, *, dry_run: bool = False
) -> list[Change]:
    """Have exactly this registry, and tell each change; the second time nothing changes. Returns the changes.

    `by` is who signs in as that; None: the installation itself.
    """
    actor = Actor("app_user", str(settings.authid_of(by))) if by else None
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        known = await _known(delivery.database)
        keys = {each.code: each.keys for each in known if isinstance(each, Integrator)}
        integrators = [
            _integrator(each, settings.authid_of(each.code), keys.get(each.code)) for each in registry.integrators
        ]
        wanted: list[Registered] = [*integrators, *registry.stations]
        if dry_run:
            return changes(known, wanted)
        looked_at: set[Key] = {(shelf_of(each), each.code) for each in (*known, *wanted)}
        with delivery.tracing.hop("command", "import-registry"):
            cause = new_cause(delivery, by=actor)
            return await delivery.perform(cause, partial(register, known, wanted, reason), looked_at)


def _integrator(speaker: Speaker, authid: UUID, kept: tuple[PublicKey, ...] | None) -> Integrator:
    members = speaker.model_dump(exclude={"keys"})
    return Integrator(**members, keys=kept if speaker.keys is None else speaker.keys, authid=authid)


async def _known(database: Database) -> list[Registered]:
    stations = [STATIONS.state(row) async for row in database[STATIONS.name].find()]
    return [*stations, *[INTEGRATORS.state(row) async for row in database[INTEGRATORS.name].find()]]
