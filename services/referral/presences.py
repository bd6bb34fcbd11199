"""Permanences, told to stations: when a roster is loaded, and again as the days go by."""

from collections.abc import Iterable
from functools import partial

from uuid6 import uuid7

from services.referral.acts.rostering import publish_presence
from services.referral.store import CALENDARS, POSTS, stations_covered
from services.referral.views import POSTS_AT
from shared.delivery.cause import Cause
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key, load


async def publish_presences(delivery: Delivery) -> None:
    """Tell each station of the fourteen days to come; one that has been told so already is told nothing."""
    await _publish(delivery, await stations_covered(delivery.database))


async def publish_presences_of(delivery: Delivery, post_id: str) -> None:
    """The same for the stations of one post, whose roster has changed."""
    post = (await load(delivery.database, [(POSTS, post_id)]))[POSTS, post_id].state
    await _publish(delivery, [each.station for each in post.presences] if post else [])


async def _publish(delivery: Delivery, stations: Iterable[str]) -> None:
    for station in stations:
        cause = Cause(uuid7(), delivery.clock.now())
        looked_at: list[Key] = [(POSTS_AT, station), (CALENDARS, station)]
        await delivery.perform(cause, partial(publish_presence, station), looked_at)
