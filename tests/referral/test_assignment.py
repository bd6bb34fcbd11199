"""Which post gets a case, and that the reason can be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.assignment import Chosen, Nobody, choose
from services.referral.domain.presence import Hours, Presence
from services.referral.domain.roster import Post
from shared.contracts.vocabulary import DecidingRule, Weekday
from tests.referral.builders import MONDAY, PARIS, STATION, a_post, a_presence

TOMORROW = MONDAY + timedelta(hours=24)
FRIDAYS = a_presence(Hours(day=Weekday.FRI, from_="09:00", to="12:00"))


def choose_among(*posts: Post, **loads: int) -> Chosen | Nobody:
    named = {id_.replace("_", "-"): load for id_, load in loads.items()}
    return choose(STATION, posts, dict.fromkeys([post.id for post in posts], 0) | named, MONDAY, TOMORROW)


def chosen_among(*posts: Post, **loads: int) -> Chosen:
    found = choose_among(*posts, **loads)
    assert isinstance(found, Chosen)
    return found


def test_the_only_post_that_is_there_in_time_gets_the_case() -> None:
    found = chosen_among(a_post("post-1", FRIDAYS), a_post("post-2"), post_2=40)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.ONLY_CANDIDATE)


def test_of_those_present_the_lightest_load_gets_the_case() -> None:
    found = chosen_among(a_post("post-1"), a_post("post-2"), post_1=3, post_2=2)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.LIGHTEST_LOAD)


def test_at_equal_load_the_first_post_by_id_gets_the_case() -> None:
    found = chosen_among(a_post("post-2"), a_post("post-1"), a_post("post-3"), post_3=9)
    assert (found.post.id, found.explanation.rule) == ("post-1", DecidingRule.TIE_BREAK)


def test_nobody_gets_a_case_for_which_nobody_is_there_in_time() -> None:
    found = choose_among(a_post("post-1", FRIDAYS))
    assert isinstance(found, Nobody)


def test_who_comes_too_late_is_shown_with_when_she_would_have_come() -> None:
    [candidate] = choose_among(a_post("post-1", FRIDAYS)).candidates
    assert candidate.present_at == MONDAY.replace(day=27, hour=8)
    assert not candidate.is_present


def test_a_post_that_does_not_cover_the_station_is_no_candidate() -> None:
    elsewhere = a_post("post-2", a_presence(station="GN-31-0412"))
    assert [each.post_id for each in chosen_among(a_post("post-1"), elsewhere).candidates] == ["post-1"]


@dataclass(frozen=True)
class Drawn:
    """Some posts, each with a load."""

    loads: dict[Post, int]

    def choose(self, order: Iterable[Post]) -> Chosen | Nobody:
        return choose(STATION, order, {post.id: load for post, load in self.loads.items()}, MONDAY, TOMORROW)


def drawn(posts: list[tuple[set[Weekday], str, int]]) -> Drawn:
    def post(n: int, days: set[Weekday], station: str) -> Post:
        hours = tuple(Hours(day=day, from_="09:00", to="12:00") for day in days)
        return a_post(f"post-{n}", Presence(station=station, zone=PARIS, hours=hours))

    return Drawn({post(n, days, station): load for n, (days, station, load) in enumerate(posts)})


DAYS, STATIONS = st.sets(st.sampled_from(Weekday)), st.sampled_from([STATION, "GN-31-0412"])
ROSTERS = st.lists(st.tuples(DAYS, STATIONS, st.integers(0, 3)), max_size=6).map(drawn)


@given(ROSTERS, st.data())
def test_the_order_in_which_posts_are_given_decides_nothing(roster: Drawn, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(list(roster.loads)))
    assert roster.choose(roster.loads) == roster.choose(shuffled)


@given(ROSTERS)
def test_nobody_present_has_a_lighter_load_than_the_chosen(roster: Drawn) -> None:
    found = roster.choose(roster.loads)
    present = [each.load for each in found.candidates if each.is_present]
    assert (roster.loads[found.post] == min(present)) if isinstance(found, Chosen) else not present
