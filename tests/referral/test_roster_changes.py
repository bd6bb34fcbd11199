"""What a new roster changes, and what it leaves alone."""

from datetime import date
from typing import Any

from services.referral.acts.rostering import place_of, take_roster
from services.referral.domain.coordination import Fallback, Territory
from services.referral.domain.posts import Absence, Post
from services.referral.domain.roster import Entry, Roster, changes, current
from services.referral.store import POSTS
from shared.contracts.blocks import Channel
from shared.contracts.events import CoordinatorChanged, FallbackChanged, PartnerChanged, PostChanged, TerritoryChanged
from shared.contracts.vocabulary import NoticeChannel, PartnerType
from tests.referral.builders import COORDINATOR_ID, Desk, a_change, a_channel, a_coordinator, a_partner, a_post, an_iscg

TODAY, YESTERDAY = date(2026, 11, 23), date(2026, 11, 22)


def a_roster(*posts: Post, **members: Any) -> Roster:
    return Roster(posts=posts, coordinators=(a_coordinator(),), **members)


def kinds(known: list[Entry], wanted: Roster) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in changes(known, wanted, TODAY)]


def test_the_same_roster_changes_nothing_the_second_time() -> None:
    roster = a_roster(a_post("post-1"), partners=(a_partner(PartnerType.CIDFF),))
    assert changes(roster.entries(), roster, TODAY) == []


def test_a_post_that_is_not_in_it_ends_and_is_not_ended_again() -> None:
    known: list[Entry] = [*a_roster(a_post("post-1"), a_post("post-2")).entries()]
    [ended] = changes(known, a_roster(a_post("post-1")), TODAY)
    assert (ended.kind, ended.name, getattr(ended.after, "until", None)) == ("end", "post-2", YESTERDAY)
    assert changes([*known[:1], ended.after, known[2]], a_roster(a_post("post-1")), TODAY) == []


def test_the_posts_of_other_departements_stay_as_they_are() -> None:
    elsewhere = a_post("post-9", departement="09")
    assert kinds([a_post("post-1"), a_coordinator(), elsewhere], a_roster(a_post("post-1"))) == []


def test_what_a_roster_leaves_out_stays_as_it_is() -> None:
    known: list[Entry] = [a_post("post-1"), a_coordinator(), a_partner(PartnerType.CIDFF), Territory(departement="31")]
    assert kinds(known, Roster(posts=(a_post("post-1"),))) == []


def test_absences_that_a_roster_does_not_name_are_kept() -> None:
    absence = Absence(first_day=TODAY, last_day=TODAY)
    known = a_post("post-1", absences=(absence,))
    assert kinds([known, a_coordinator()], a_roster(a_post("post-1"))) == []
    assert kinds([known, a_coordinator()], a_roster(a_post("post-1", absences=()))) == [("change", "post-1")]


def test_who_filled_a_post_before_is_remembered() -> None:
    known = a_post("post-1", iscg=an_iscg("iscg-7", since=date(2024, 1, 1)))
    [change] = changes([known, a_coordinator()], a_roster(a_post("post-1")), TODAY)
    assert isinstance(change.after, Post)
    [before] = change.after.past
    assert (before.iscg_id, before.since, before.until) == ("iscg-7", date(2024, 1, 1), YESTERDAY)
    assert change.after.is_filled_on(date(2025, 1, 1))


def test_every_change_is_an_event_and_the_second_time_none() -> None:
    roster = a_roster(
        a_post("post-1"),
        territories=(Territory(departement="31", neighbours=("09",)),),
        fallback=Fallback(id="national", authid=COORDINATOR_ID, channels=a_channel("national")),
        partners=(a_partner(PartnerType.CIDFF),),
    )
    desk, keys = Desk(), [place_of(each) for each in roster.entries()]
    for shelf, id_ in keys:
        desk.lay(shelf, id_, None)
    for _ in range(2):
        take_roster(lambda known: changes(known, roster, TODAY), keys, a_change(), desk.work())
    kinds_said = [type(event) for event in desk.said()]
    assert kinds_said == [PostChanged, CoordinatorChanged, TerritoryChanged, FallbackChanged, PartnerChanged]
    assert desk.work().get(POSTS, "post-1") == a_post("post-1")


def test_an_event_of_the_roster_tells_neither_how_somebody_is_reached_nor_what_a_partner_does() -> None:
    roster = a_roster(a_post("post-1"), partners=(a_partner(PartnerType.CIDFF),))
    desk, keys = Desk(), [place_of(each) for each in roster.entries()]
    for shelf, id_ in keys:
        desk.lay(shelf, id_, None)
    take_roster(lambda known: changes(known, roster, TODAY), keys, a_change(), desk.work())
    said = str([event.clear() for event in desk.said()])
    assert not [word for word in ("@", "cidff") if word in said]


def test_whoever_can_be_told_by_no_channel_today_is_named() -> None:
    bad = Channel(channel=NoticeChannel.EMAIL, value="voir secretariat")
    good = Channel(channel=NoticeChannel.EMAIL, value="somebody@relais.example")
    known: list[Entry] = [
        a_post("post-1", iscg=an_iscg("iscg-1").model_copy(update={"channels": (bad,)})),
        a_post("post-2", iscg=an_iscg("iscg-2").model_copy(update={"channels": (bad, good)})),
        a_post("post-3", iscg=an_iscg("iscg-3").model_copy(update={"channels": (bad,)}), until=YESTERDAY),
        a_coordinator(),
    ]
    [(who, faults)] = current(known, TODAY).untold()
    assert who == "iscg-1"
    assert "channel 1 (email)" in faults[0] and "secretariat" not in faults[0]
