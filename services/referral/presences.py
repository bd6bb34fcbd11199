"""Permanences, told to stations: when a roster is loaded, and again as the days go by."""

from functools import partial

from uuid6 import uuid7

from services.referral.acts import publish_presence
from services.referral.store import CALENDARS, POSTS_AT, stations_covered
from shared.delivery.cause import Cause
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key


async def publish_presences(delivery: Delivery) -> None:
    """Tell each station of the fourteen days to come; one that has been told so already is told nothing."""
    for station in await stations_covered(delivery.database):
        cause = Cause(uuid7(), delivery.clock.now())
        looked_at: list[Key] = [(POSTS_AT, station), (CALENDARS, station)]
        await delivery.perform(cause, partial(publish_presence, station), looked_at)
