"""What the `relais` command does with referral: make its database, load a roster."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError
from uuid6 import uuid7

from services.referral.acts import take_roster
from services.referral.domain.directory import Directory, read_directory
from services.referral.migrations import MIGRATIONS
from services.referral.presences import publish_presences
from services.referral.settings import ReferralSettings
from services.referral.store import COORDINATORS, PARTNERS, POSTS
from shared.delivery.cause import Cause
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named, open_delivery
from shared.delivery.shelf import Key
from shared.settings import ServerSettings
from shared.watch.metrics import Metrics


class UnusableRoster(Exception):
    """The roster can't be loaded; nothing of it was kept. What is wrong, and where:"""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "referral")], MIGRATIONS)


async def load_roster(settings: ReferralSettings, members: Mapping[str, Any]) -> Directory:
    """Load a roster as it stands in a file, and tell its stations of their presences; the second time changes nothing.

    Raises `UnusableRoster`.
    """
    directory = _read(settings, members)
    async with open_delivery(settings, (), MIGRATIONS, Metrics(settings.service)) as delivery:
        cause = Cause(uuid7(), delivery.clock.now())
        await delivery.perform(cause, partial(take_roster, directory), _kept(directory))
        await publish_presences(delivery)
    return directory


def _read(settings: ReferralSettings, members: Mapping[str, Any]) -> Directory:
    try:
        return read_directory(members, settings.authid_of)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [f"/{'/'.join(map(str, each['loc']))}: {each['type']}" for each in found]
    raise UnusableRoster(faults)


def _kept(directory: Directory) -> list[Key]:
    posts: list[Key] = [(POSTS, post.id) for post in directory.posts]
    coordinators: list[Key] = [(COORDINATORS, each.departement) for each in directory.coordinators]
    return [*posts, *coordinators, *((PARTNERS, each.id) for each in directory.partners)]
