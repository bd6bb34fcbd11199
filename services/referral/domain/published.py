"""Permanences publiées: what a station is told of the days to come."""

from collections.abc import Iterable
from datetime import datetime

from services.referral.domain.coordination import Coordinator
from services.referral.domain.posts import Post, sittings
from services.referral.domain.presence import published_days
from shared.contracts.blocks import Opening
from shared.contracts.fields import Block
from shared.contracts.forms import StationCode


class Calendar(Block):
    """What a station was last told of the presences there."""

    station: StationCode
    openings: tuple[Opening, ...]
    on_call: bool


def calendar_of(station: str, posts: tuple[Post, ...], coordinator: Coordinator | None, now: datetime) -> Calendar:
    """What a station is told: who sits there in the next fourteen days, and whether somebody answers at night.

    Whoever is away does not sit there, and whoever covers for her does.
    """
    found = {(each.opens_at, each.closes_at) for post in posts for each in _sits(post, station, posts, now)}
    return Calendar(
        station=station,
        openings=tuple(Opening(opens_at=opens_at, closes_at=closes_at) for opens_at, closes_at in sorted(found)),
        on_call=coordinator is not None and coordinator.on_call is not None,
    )


def _sits(post: Post, station: str, posts: tuple[Post, ...], now: datetime) -> Iterable[Opening]:
    zones = {presence.zone for each in posts if (presence := each.presence_at(station))}
    for zone in zones:
        after, until = published_days(zone, now)
        yield from sittings(post, station, posts, after, until)
