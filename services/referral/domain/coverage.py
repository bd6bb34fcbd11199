"""Couverture: how many posts each département has and how many are filled, against the ministry's goal of two."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.referral.domain.posts import FULL_TIME, Post, sittings
from services.referral.domain.stations import KnownStation
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, StationCode

GOAL = 2
"""Posts that each département should have at least (ministry's press release of 7 October 2021)."""
LOOKED_AT = timedelta(days=14)
PER_REPORTS = 100


class Coverage(Block):
    """Couverture of one département on one day.

    `per_100_reports`: filled posts in full-time equivalents for each 100 reports of the year before, where there were
    any. `days_without_presence`: of the fourteen days from that day on, those on which nobody sits at any station.
    `filled_since`: how many more (or fewer) posts are filled than on the day that is compared.
    """

    departement: Departement
    posts: int
    filled: int
    full_time: float
    goal: int = GOAL
    reaches_goal: bool
    reports: int
    per_100_reports: float | None = None
    stations: int
    stations_without_cover: tuple[StationCode, ...] = ()
    days_without_presence: int
    filled_since: int | None = None


def coverage(
    posts: Collection[Post],
    stations: Collection[KnownStation],
    reports: Mapping[str, int],
    on: date,
    since: date | None = None,
) -> tuple[Coverage, ...]:
    """The coverage of every département that has a post, a station or reports, in order."""
    codes = {post.departement for post in posts} | {each.departement for each in stations} | set(reports)
    open_ = [each for each in stations if not each.closed]

    def of(code: str) -> Coverage:
        mine = [post for post in posts if post.departement == code]
        here = [each.station for each in open_ if each.departement == code]
        counted = _counted(code, mine, here, reports.get(code, 0), on)
        if since is None:
            return counted
        return counted.model_copy(update={"filled_since": counted.filled - _filled_on(mine, since)})

    return tuple(of(code) for code in sorted(codes))


def _counted(code: str, posts: list[Post], stations: list[str], reports: int, on: date) -> Coverage:
    filled = [post for post in posts if post.is_filled_on(on)]
    full_time = sum(post.share for post in filled) / FULL_TIME
    covered = {presence.station for post in filled for presence in post.presences}
    return Coverage(
        departement=code,
        posts=sum(post.exists_on(on) for post in posts),
        filled=len(filled),
        full_time=round(full_time, 2),
        reaches_goal=len(filled) >= GOAL,
        reports=reports,
        per_100_reports=round(full_time * PER_REPORTS / reports, 2) if reports else None,
        stations=len(stations),
        stations_without_cover=tuple(sorted(each for each in stations if each not in covered)),
        days_without_presence=_days_without(posts, on),
    )


def _filled_on(posts: list[Post], day: date) -> int:
    return sum(post.is_filled_on(day) for post in posts)


def _days_without(posts: list[Post], on: date) -> int:
    days = [on + timedelta(days=n) for n in range(LOOKED_AT.days)]
    with_presence = set[date]()
    for day in _days_with(posts, days[0], days[-1]):
        with_presence.add(day)
        # Most départements have somebody every day, which is seen at their first station.
        if len(with_presence) == len(days):
            break
    return len(set(days) - with_presence)


def _days_with(posts: list[Post], first: date, last: date) -> Iterable[date]:
    zones = {presence.station: ZoneInfo(presence.zone) for post in posts for presence in post.presences}
    for station, zone in zones.items():
        after = datetime.combine(first, time.min, zone)
        until = datetime.combine(last, time.max, zone)
        for post in posts:
            for each in sittings(post, station, posts, after, until):
                yield each.opens_at.astimezone(zone).date()
