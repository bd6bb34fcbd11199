"""What the `relais` command does with intake: make its database, load a registry."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from uuid6 import uuid7

from services.intake.domain.registry import Integrator, Station
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

Registry = tuple[list[Integrator], list[Station]]


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
    found, stations = registry = _read(settings, members)
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:

        def take(work: Work) -> None:
            for integrator in found:
                work.put(INTEGRATORS, integrator.code, integrator)
            for station in stations:
                work.put(STATIONS, station.code, station)

        keys: list[Key] = [(INTEGRATORS, each.code) for each in found]
        keys += [(STATIONS, each.code) for each in stations]
        await delivery.perform(Cause(uuid7(), delivery.clock.now()), take, keys)
    return registry


def _read(settings: IntakeSettings, members: Mapping[str, Any]) -> Registry:
    secret = settings.authid_secret.get_secret_value().encode()
    try:
        stations = [Station.model_validate(each) for each in members["stations"]]
        found = [
            Integrator.model_validate({**each, "authid": authid(secret, settings.issuer, str(each["code"]))})
            for each in members["integrators"]
        ]
    except KeyError as missing:
        raise UnusableRegistry([f"{missing.args[0]} is missing"]) from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise UnusableRegistry([f"/{'/'.join(map(str, each['loc']))}: {each['type']}" for each in faults]) from None
    _check_stations(found, {station.code for station in stations})
    return found, stations


def _check_stations(found: list[Integrator], known: set[str]) -> None:
    strangers = sorted({code for integrator in found for code in integrator.stations} - known)
    if strangers:
        raise UnusableRegistry([f"no station {code} stands in it" for code in strangers])
