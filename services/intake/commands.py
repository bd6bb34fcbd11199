"""What the `relais` command does with intake: make its database, load a registry."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from uuid6 import uuid7

from services.intake.domain.registry import Integrator, Registry
from services.intake.migrations import MIGRATIONS
from services.intake.settings import IntakeSettings
from services.intake.store import INTEGRATORS, STATIONS
from shared.contracts.ids import authid
from shared.delivery.cause import Cause
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named, open_delivery
from shared.delivery.shelf import Key
from shared.delivery.unit import Work
from shared.settings import ServerSettings
from shared.watch.metrics import Metrics


class UnusableRegistry(Exception):
    """The registry can't be loaded; nothing of it was kept. What is wrong, and where:"""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "intake")], MIGRATIONS)


async def integrators(settings: ServerSettings) -> tuple[str, ...]:
    """The codes of all integrators that are registered: each has two topics."""
    async with connect(settings, "relais-migrate") as client:
        found = client[named(settings, "intake")][INTEGRATORS.name].find({}, {"_id": True}).sort("_id")
        return tuple([row["_id"] async for row in found])


async def load_registry(settings: IntakeSettings, members: Mapping[str, Any]) -> Registry:
    """Load integrators and stations as they stand in a file; the second time changes nothing.

    Raises `UnusableRegistry`.
    """
    registry = _read(members)
    secret = settings.authid_secret.get_secret_value().encode()
    integrators = [
        Integrator(code=each.code, stations=each.stations, authid=authid(secret, settings.issuer, each.code))
        for each in registry.integrators
    ]

    def take(work: Work) -> None:
        for integrator in integrators:
            work.put(INTEGRATORS, integrator.code, integrator)
        for station in registry.stations:
            work.put(STATIONS, station.code, station)

    kept: list[Key] = [(INTEGRATORS, each.code) for each in integrators]
    kept += [(STATIONS, each.code) for each in registry.stations]
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        await delivery.perform(Cause(uuid7(), delivery.clock.now()), take, kept)
    return registry


def _read(members: Mapping[str, Any]) -> Registry:
    try:
        registry = Registry.model_validate(members)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise UnusableRegistry([f"/{'/'.join(map(str, each['loc']))}: {each['type']}" for each in found]) from None
    if strangers := registry.strangers():
        raise UnusableRegistry([f"no station {code} stands in it" for code in strangers])
    return registry
