"""Permanences, told to stations: when a roster is loaded, and again as the days go by."""

from collections.abc import Iterable
from functools import partial

from services.referral.acts.rostering import publish_presence
from services.referral.store import CALENDARS, POSTS, STATIONS, stations_to_tell
from services.referral.views import POSTS_AT
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import for_each
from shared.delivery.shelf import Key, load

AT_ONCE = 50
"""Stations that are told side by side: they share units of work."""


async def publish_presences(delivery: Delivery) -> None:
    """Tell each station of the fourteen days to come; one that has been told so already is told nothing.

    Raises `ItemsFailed`: then all stations but some have been told.
    """
    with delivery.tracing.hop("run", "publish-presences"):
        stations = await stations_to_tell(delivery.database)
        tell = partial(_publish_presence_at, delivery)
        await for_each(stations, tell, "publish-presences", "station", at_once=AT_ONCE)


async def stations_of(delivery: Delivery, post_id: str) -> list[str]:
    """The stations that a post covers as it stands."""
    post = (await load(delivery.database, [(POSTS, post_id)]))[POSTS, post_id].state
    return [each.station for each in post.presences] if post else []


async def publish_presences_of(delivery: Delivery, post_id: str, before: Iterable[str]) -> None:
    """Tell the stations that a post covers, and those that it covered before, if that is news. Raises `ItemsFailed`."""
    stations = dict.fromkeys([*before, *await stations_of(delivery, post_id)])
    await for_each(stations, partial(_publish_presence_at, delivery), "publish-presences", "station", at_once=AT_ONCE)


async def _publish_presence_at(delivery: Delivery, station: str) -> None:
    looked_at: list[Key] = [(POSTS_AT, station), (CALENDARS, station), (STATIONS, station)]
    await delivery.perform(new_cause(delivery), partial(publish_presence, station), looked_at)
