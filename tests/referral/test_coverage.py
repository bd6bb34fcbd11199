"""How well a département is covered, against the goal of two posts."""

from datetime import date

from services.referral.domain.coverage import Coverage, coverage
from services.referral.domain.posts import Absence, Post
from services.referral.domain.presence import Hours
from services.referral.domain.stations import KnownStation
from shared.contracts.vocabulary import Force, Weekday
from tests.referral.builders import PARIS, STATION, a_post, a_presence, an_iscg

TODAY, A_YEAR_AGO = date(2026, 11, 23), date(2025, 11, 23)
MONDAYS = a_presence(Hours(day=Weekday.MON, from_="09:00", to="12:00"))


def a_station(code: str = STATION, *, closed: bool = False) -> KnownStation:
    return KnownStation(station=code, force=Force.POLICE, departement="31", commune="31555", zone=PARIS, closed=closed)


def of(*posts: Post, reports: int = 0, since: date | None = None, stations: tuple[KnownStation, ...] = ()) -> Coverage:
    [found] = coverage(posts, stations or (a_station(),), {"31": reports} if reports else {}, TODAY, since)
    return found


def test_two_filled_posts_reach_the_goal() -> None:
    assert not of(a_post("post-1"), a_post("post-2", iscg=None)).reaches_goal
    covered = of(a_post("post-1"), a_post("post-2"))
    assert (covered.posts, covered.filled, covered.goal, covered.reaches_goal) == (2, 2, 2, True)


def test_a_post_that_has_not_begun_or_has_ended_does_not_count() -> None:
    later, gone = a_post("post-1", since=date(2026, 12, 1)), a_post("post-2", until=date(2026, 11, 22))
    assert (of(later, gone).posts, of(later, gone).filled) == (0, 0)


def test_posts_are_counted_in_full_time_for_each_100_reports() -> None:
    covered = of(a_post("post-1", share=50), a_post("post-2"), reports=300)
    assert (covered.full_time, covered.per_100_reports) == (1.5, 0.5)
    assert of(a_post("post-1")).per_100_reports is None


def test_a_station_that_no_filled_post_covers_is_named() -> None:
    stations = (a_station(), a_station("GN-31-0412"), a_station("PN-31-0009", closed=True))
    assert of(a_post("post-1"), stations=stations).stations_without_cover == ("GN-31-0412",)
    assert of(a_post("post-1", iscg=None)).stations_without_cover == (STATION,)


def test_days_on_which_nobody_sits_anywhere_are_counted() -> None:
    assert of(a_post("post-1", MONDAYS)).days_without_presence == 12
    absence = Absence(first_day=TODAY, last_day=date(2026, 11, 29))
    assert of(a_post("post-1", MONDAYS, absences=(absence,))).days_without_presence == 13


def test_whoever_covers_keeps_the_days_of_the_one_who_is_away() -> None:
    absence = Absence(first_day=TODAY, last_day=date(2026, 11, 29), covered_by="post-2")
    away, cover = a_post("post-1", MONDAYS, absences=(absence,)), a_post("post-2", presences=())
    assert of(away, cover).days_without_presence == 12


def test_the_trend_counts_who_filled_a_post_then() -> None:
    new = a_post("post-1", iscg=an_iscg("iscg-1", since=date(2026, 3, 1)))
    assert of(new, since=A_YEAR_AGO).filled_since == 1
    assert of(new).filled_since is None
    left = a_post("post-2", iscg=an_iscg("iscg-2", since=date(2024, 1, 1)))
    vacant = a_post("post-2", iscg=None).replacing(left, TODAY)
    assert of(vacant, since=A_YEAR_AGO).filled_since == -1


def test_a_departement_without_posts_is_shown() -> None:
    assert (of().posts, of().stations, of().days_without_presence) == (0, 1, 14)
