"""Which post gets a case, and that the reason can be told."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.assignment import CRITERIA, Chosen, Nobody, Wanted, choose, is_eligible
from services.referral.domain.posts import Absence, Post
from services.referral.domain.presence import Hours, Presence
from shared.contracts.vocabulary import DecidingRule, Weekday
from tests.referral.builders import MONDAY, PARIS, STATION, a_post, a_presence, an_iscg

TOMORROW = MONDAY + timedelta(hours=24)
FRIDAYS = a_presence(Hours(day=Weekday.FRI, from_="09:00", to="12:00"))


WANTED = Wanted(STATION, MONDAY, TOMORROW)


def choose_among(*posts: Post, wanted: Wanted = WANTED, **loads: int) -> Chosen | Nobody:
    named = {id_.replace("_", "-"): load for id_, load in loads.items()}
    return choose(wanted, posts, dict.fromkeys([post.id for post in posts], 0) | named)


def chosen_among(*posts: Post, wanted: Wanted = WANTED, **loads: int) -> Chosen:
    found = choose_among(*posts, wanted=wanted, **loads)
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


def test_loads_are_weighed_by_the_share_of_full_time() -> None:
    found = chosen_among(a_post("post-1", share=50), a_post("post-2"), post_1=3, post_2=5)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.LIGHTEST_LOAD)
    assert {each.post_id: each.weighted_load for each in found.candidates} == {"post-1": 6, "post-2": 5}


def test_who_knows_the_person_gets_her_case_whatever_her_load() -> None:
    wanted = replace(WANTED, knowing=frozenset({"iscg-2"}))
    found = chosen_among(a_post("post-1"), a_post("post-2"), wanted=wanted, post_2=40)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.KNOWS_PERSON)


def test_who_holds_the_case_of_the_other_side_gets_it_never_by_rule() -> None:
    wanted = replace(WANTED, opposite=frozenset({"iscg-1"}), knowing=frozenset({"iscg-1"}))
    assert chosen_among(a_post("post-1"), a_post("post-2"), wanted=wanted, post_2=40).post.id == "post-2"
    alone = choose_among(a_post("post-1"), wanted=wanted)
    assert isinstance(alone, Nobody) and alone.candidates[0].is_on_other_side


def test_who_has_declined_is_not_asked_again() -> None:
    wanted = replace(WANTED, declined=frozenset({"iscg-1"}))
    assert chosen_among(a_post("post-1"), a_post("post-2"), wanted=wanted, post_2=9).post.id == "post-2"


def test_who_has_reached_her_ceiling_comes_after_all_others() -> None:
    full = a_post("post-1", ceiling=5)
    found = chosen_among(full, a_post("post-2"), post_1=5, post_2=40)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.BELOW_CEILING)
    assert chosen_among(full, post_1=5).post.id == "post-1"


def test_at_equal_load_who_speaks_her_language_gets_the_case() -> None:
    speaking = a_post("post-2", iscg=an_iscg("iscg-2", speaks=("fr", "ar")))
    found = chosen_among(a_post("post-1"), speaking, wanted=replace(WANTED, languages=("ar",)))
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.LANGUAGE)


def test_a_vacant_post_is_no_candidate() -> None:
    assert choose_among(a_post("post-1", iscg=None)).candidates == ()


def away(id_: str, cover: str | None = None) -> Post:
    """A post whose ISCG is away all week."""
    absence = Absence(first_day=date(2026, 11, 23), last_day=date(2026, 11, 29), covered_by=cover)
    return a_post(id_, absences=(absence,))


def test_who_is_away_is_not_there_in_time() -> None:
    found = chosen_among(away("post-1"), a_post("post-2"), post_2=9)
    assert found.post.id == "post-2"
    [absent] = [each for each in found.candidates if each.post_id == "post-1"]
    assert absent.present_at and absent.present_at.date() == date(2026, 11, 30)


def test_whoever_covers_sits_there_in_the_place_of_the_one_who_is_away() -> None:
    cover = a_post("post-2", a_presence(station="GN-31-0412"))
    found = chosen_among(away("post-1", "post-2"), cover)
    assert (found.post.id, found.explanation.rule) == ("post-2", DecidingRule.ONLY_CANDIDATE)


def test_a_post_that_has_ended_gets_nothing() -> None:
    assert isinstance(choose_among(a_post("post-1", until=date(2026, 11, 22))), Nobody)


@dataclass(frozen=True)
class Drawn:
    """Some posts, each with a load, and what a case wants."""

    loads: dict[Post, int]
    wanted: Wanted

    def choose(self, order: Iterable[Post]) -> Chosen | Nobody:
        return choose(self.wanted, order, {post.id: load for post, load in self.loads.items()})


DAYS, STATIONS = st.sets(st.sampled_from(Weekday)), st.sampled_from([STATION, "GN-31-0412"])
SHARES, ISCGS = st.sampled_from([50, 80, 100]), st.frozensets(st.sampled_from([f"iscg-{n}" for n in range(6)]))
WANTS = st.builds(Wanted, *map(st.just, (STATION, MONDAY, TOMORROW)), knowing=ISCGS, opposite=ISCGS, declined=ISCGS)
ROSTERS = st.lists(st.tuples(DAYS, STATIONS, st.integers(0, 3), SHARES), max_size=6)


def drawn(posts: list[tuple[set[Weekday], str, int, int]], wanted: Wanted) -> Drawn:
    def post(n: int, days: set[Weekday], station: str, share: int) -> Post:
        hours = tuple(Hours(day=day, from_="09:00", to="12:00") for day in days)
        return a_post(f"post-{n}", Presence(station=station, zone=PARIS, hours=hours), share=share)

    return Drawn({post(n, days, at, share): load for n, (days, at, load, share) in enumerate(posts)}, wanted)


DRAWN = st.builds(drawn, ROSTERS, WANTS)


@given(DRAWN, st.data())
def test_the_order_in_which_posts_are_given_decides_nothing(roster: Drawn, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(list(roster.loads)))
    assert roster.choose(roster.loads) == roster.choose(shuffled)


@given(DRAWN)
def test_nobody_eligible_comes_before_the_chosen_by_any_criterion_before_the_one_that_decided(roster: Drawn) -> None:
    found = roster.choose(roster.loads)
    eligible = [each for each in found.candidates if is_eligible(each)]
    if isinstance(found, Nobody):
        assert not eligible
        return
    [chosen] = [each for each in eligible if each.post_id == found.post.id]
    values = [[value(each) for value in CRITERIA.values()] for each in eligible]
    assert [value(chosen) for value in CRITERIA.values()] == min(values)


@given(DRAWN)
def test_nobody_gets_a_case_who_may_not(roster: Drawn) -> None:
    found = roster.choose(roster.loads)
    if isinstance(found, Chosen) and found.post.iscg:
        assert found.post.iscg.id not in roster.wanted.opposite | roster.wanted.declined
