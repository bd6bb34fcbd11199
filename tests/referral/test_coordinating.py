"""A coordinator gives a case to somebody, hands cases over, says who is away; and a case that nobody places goes up."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.referral.acts.coordinating import (
    HasDeclined,
    HoldsRelatedCase,
    hand_over,
    reassign,
)
from services.referral.acts.finding import coordinated_case
from services.referral.acts.holding import accept, decline
from services.referral.acts.once import Command, StaleVersion
from services.referral.acts.posts import NoSuchPost, set_absences
from services.referral.domain.case import NoSuchCase
from services.referral.domain.coordination import Fallback, Territory
from services.referral.domain.deadlines import Stage
from services.referral.domain.posts import Absence, Post
from services.referral.domain.states import CaseState
from services.referral.handlers import on_report_accepted
from services.referral.moving import move_if_away
from services.referral.store import CASES, COORDINATORS, FALLBACKS, NATIONAL, POSTS, TERRITORIES
from services.referral.views import HELD_BY, LOADS, POSTS_AT, SHARED_BY_MOST
from shared.contracts.events import CaseEscalated, DeadlineMissed, DeadlineNeared, IscgAssigned, PostChanged
from shared.contracts.report import CaseFile, KnownBy
from shared.contracts.vocabulary import (
    DeadlineKind,
    DecidingRule,
    DeclineReason,
    EscalationLevel,
    EscalationReason,
    MoveReason,
    RosterReason,
    Urgency,
)
from tests.referral.builders import (
    CASE,
    COORDINATOR_ID,
    HOUR,
    MONDAY,
    TERMS,
    Desk,
    a_channel,
    a_coordinator,
    a_digest,
    a_file,
    a_post,
    a_report,
    an_iscg,
)

NEIGHBOUR, FALLBACK_ID, OTHER_CASE, OTHER_REPORT = UUID(int=30), UUID(int=31), UUID(int=40), UUID(int=41)
WEEK = Absence(first_day=date(2026, 11, 23), last_day=date(2026, 11, 29))
PLACE = DeadlineKind.TO_BE_PLACED


def opened(*posts: Post, file: CaseFile | None = None, urgency: Urgency = Urgency.URGENT) -> Desk:
    """A desk on which a case was opened, in a département with a neighbour and a national fallback behind it."""
    desk = Desk(*(posts or (a_post("post-1"), a_post("post-2"))))
    desk.lay(TERRITORIES, "31", Territory(departement="31", neighbours=("09",)))
    desk.lay(COORDINATORS, "09", a_coordinator("09", NEIGHBOUR))
    desk.lay(FALLBACKS, NATIONAL, Fallback(id="national", authid=FALLBACK_ID, channels=a_channel("national")))
    on_report_accepted(a_report(file, urgency), desk.work(), TERMS)
    return desk


def command(desk: Desk, by: UUID = COORDINATOR_ID) -> Command:
    return Command(CASE, by, desk.work().version(CASES, CASE), f"key-{len(desk.unit.said)}", "")


def give(desk: Desk, post_id: str, by: UUID = COORDINATOR_ID, *, despite_related: bool = False) -> None:
    reassign(command(desk, by), post_id, a_file(), desk.work(), TERMS, despite_related=despite_related)


def nobody() -> Desk:
    """A desk on which a case lies that nobody can take."""
    return opened(a_post("post-1", iscg=None), a_post("post-9", departement="09", presences=()))


def test_a_coordinator_gives_a_case_to_a_post_of_hers_and_it_must_be_accepted_again() -> None:
    desk = opened()
    accept(command(desk, an_iscg("iscg-1").authid), desk.work(), TERMS)
    give(desk, "post-2")
    last = desk.case().assignments[-1]
    assert (desk.case().state, last.post_id, last.because) == (CaseState.ASSIGNED, "post-2", MoveReason.COORDINATION)
    assert last.explanation.rule is DecidingRule.COORDINATOR
    assert desk.said(IscgAssigned)[-1].because is MoveReason.COORDINATION
    assert [desk.work().get(LOADS, post) for post in ("post-1", "post-2")] == [0, 1]


@pytest.mark.parametrize("post_id", ["post-7", "post-3", "post-9"])
def test_neither_an_unknown_nor_a_vacant_nor_a_foreign_post_gets_a_case(post_id: str) -> None:
    desk = opened(a_post("post-1"), a_post("post-3", iscg=None), a_post("post-9", departement="09"))
    with pytest.raises(NoSuchPost):
        give(desk, post_id)


def test_who_has_declined_is_not_asked_again_by_the_coordinator_either() -> None:
    desk = opened()
    decline(command(desk, an_iscg("iscg-1").authid), DeclineReason.OVERLOADED, None, desk.work(), TERMS)
    with pytest.raises(HasDeclined):
        give(desk, "post-1")


def test_both_sides_of_one_event_get_the_same_iscg_only_by_an_explicit_yes() -> None:
    desk = opened(a_post("post-1"), a_post("post-2"))
    other = a_report(a_file().model_copy(update={"related_to": (desk.case().report_id,)}))
    other = other.model_copy(update={"case_id": OTHER_CASE, "report_id": OTHER_REPORT})
    on_report_accepted(other, desk.work(), TERMS)
    suspect = desk.work().get(CASES, OTHER_CASE)
    assert suspect and suspect.post_id == "post-2"
    with pytest.raises(HoldsRelatedCase):
        give(desk, "post-2")
    give(desk, "post-2", despite_related=True)
    assert desk.case().post_id == "post-2"


def test_a_person_who_comes_again_gets_the_iscg_who_knows_her() -> None:
    known = a_file().model_copy(update={"known_by": KnownBy(names=("a" * 64,))})
    desk = opened(a_post("post-1"), a_post("post-2"), file=known)
    for n in range(2, 5):
        report = a_report(known).model_copy(update={"case_id": UUID(int=100 + n), "report_id": UUID(int=200 + n)})
        on_report_accepted(report, desk.work(), TERMS)
    assert {event.post_id for event in desk.said(IscgAssigned)} == {"post-1"}
    assert desk.said(IscgAssigned)[-1].file.rule is DecidingRule.KNOWS_PERSON


def test_a_name_that_more_cases_share_than_one_person_has_makes_nobody_known() -> None:
    known = a_file().model_copy(update={"known_by": KnownBy(names=("a" * 64,))})
    desk = opened(a_post("post-1"), a_post("post-2"), file=known)
    for n in range(2, SHARED_BY_MOST + 4):
        report = a_report(known).model_copy(update={"case_id": UUID(int=100 + n), "report_id": UUID(int=10_000 + n)})
        on_report_accepted(report, desk.work(), TERMS)
    known_again = [event.file.rule is DecidingRule.KNOWS_PERSON for event in desk.said(IscgAssigned)]
    assert known_again == [False, *[True] * SHARED_BY_MOST, False, False]


def test_a_shared_telephone_makes_nobody_known() -> None:
    known = a_file().model_copy(update={"known_by": KnownBy(phone="b" * 64)})
    desk = opened(a_post("post-1"), a_post("post-2"), file=known)
    report = a_report(known).model_copy(update={"case_id": OTHER_CASE, "report_id": OTHER_REPORT})
    on_report_accepted(report, desk.work(), TERMS)
    assert [event.post_id for event in desk.said(IscgAssigned)] == ["post-1", "post-2"]


def test_what_nobody_places_goes_to_the_neighbours_and_then_to_the_national_fallback() -> None:
    desk = nobody()
    for n in (1, 2, 3):
        desk.tick(PLACE, n)
    levels = [(event.level, event.reason) for event in desk.said(CaseEscalated)]
    assert levels == [
        (EscalationLevel.COORDINATOR, EscalationReason.NOBODY),
        (EscalationLevel.NEIGHBOURS, EscalationReason.NOT_PLACED),
        (EscalationLevel.NATIONAL, EscalationReason.NOT_PLACED),
    ]
    told = [event.notify[-1].ref for event in desk.said(CaseEscalated)]
    assert told == ["coordinator-31", "coordinator-09", "national"]
    assert [each.ref for each in desk.said(DeadlineMissed)[-1].notify] == ["national"]


def test_whoever_has_to_place_a_case_is_reminded() -> None:
    desk = nobody()
    desk.tick(PLACE, stage=Stage.REMINDER)
    assert {each.ref for each in desk.said(DeadlineNeared)[0].notify} == {"on-call-31", "coordinator-31"}


def test_a_departement_without_coordinator_leaves_nobody_alone() -> None:
    desk = Desk(a_post("post-1", iscg=None))
    desk.lay(COORDINATORS, "31", None)
    desk.lay(TERRITORIES, "31", Territory(departement="31", neighbours=("09",)))
    desk.lay(COORDINATORS, "09", a_coordinator("09", NEIGHBOUR))
    on_report_accepted(a_report(), desk.work(), TERMS)
    [escalated] = desk.said(CaseEscalated)
    assert (escalated.level, escalated.notify[-1].ref) == (EscalationLevel.NEIGHBOURS, "coordinator-09")


def test_a_neighbour_sees_a_case_once_it_has_come_to_her_and_may_take_it() -> None:
    desk = nobody()
    with pytest.raises(NoSuchCase):
        coordinated_case(CASE, NEIGHBOUR, desk.work())
    desk.tick(PLACE, 1)
    assert coordinated_case(CASE, NEIGHBOUR, desk.work()).id == CASE
    give(desk, "post-9", NEIGHBOUR)
    assert (desk.case().state, desk.case().post_id) == (CaseState.ASSIGNED, "post-9")
    assert desk.clock(PLACE, 2).due_at is None


def test_the_national_fallback_has_every_post_once_the_case_has_come_to_it() -> None:
    desk = nobody()
    for n in (1, 2):
        desk.tick(PLACE, n)
    give(desk, "post-9", FALLBACK_ID)
    assert desk.case().post_id == "post-9"


def test_an_unaccepted_case_goes_up_and_can_still_be_accepted() -> None:
    desk = opened()
    desk.tick(DeadlineKind.TO_BE_ACCEPTED)
    assert desk.said(CaseEscalated)[0].reason is EscalationReason.NOT_ACCEPTED
    assert desk.clock(PLACE, 1).due_at == MONDAY + 24 * HOUR + 4 * HOUR
    accept(command(desk, an_iscg("iscg-1").authid), desk.work(), TERMS)
    assert desk.clock(PLACE, 1).due_at is None


def test_an_absence_moves_what_she_has_not_accepted_to_others() -> None:
    desk = opened()
    desk.lay(POSTS, "post-1", a_post("post-1", absences=(WEEK,)))
    desk.lay(POSTS_AT, desk.case().station, (a_post("post-1", absences=(WEEK,)), a_post("post-2")))
    move_if_away(CASE, "post-1", None, desk.work(), TERMS)
    first, second = desk.case().assignments
    assert (first.post_id, second.post_id, second.because) == ("post-1", "post-2", MoveReason.ABSENCE)
    move_if_away(CASE, "post-1", None, desk.work(), TERMS)
    assert len(desk.case().assignments) == 2


def test_an_absence_that_begins_later_moves_nothing() -> None:
    desk = opened()
    later = Absence(first_day=date(2026, 11, 25), last_day=date(2026, 11, 29))
    desk.lay(POSTS, "post-1", a_post("post-1", absences=(later,)))
    move_if_away(CASE, "post-1", None, desk.work(), TERMS)
    assert len(desk.case().assignments) == 1


def test_what_she_has_accepted_stays_with_whoever_is_away() -> None:
    desk = opened()
    accept(command(desk, an_iscg("iscg-1").authid), desk.work(), TERMS)
    desk.lay(POSTS, "post-1", a_post("post-1", absences=(WEEK,)))
    move_if_away(CASE, "post-1", None, desk.work(), TERMS)
    assert desk.case().post_id == "post-1"


def about_post(desk: Desk, by: UUID = COORDINATOR_ID, version: int | None = None) -> Command:
    stands = desk.work().version(POSTS, "post-1")
    return Command("post-1", by, stands if version is None else version, f"post-{len(desk.unit.said)}", "")


def test_an_absence_is_an_event_in_the_log() -> None:
    desk = opened()
    absence = WEEK.model_copy(update={"covered_by": "post-2"})
    set_absences(about_post(desk), (absence,), a_digest, desk.work())
    [changed] = desk.said(PostChanged)
    assert (changed.post_id, changed.reason) == ("post-1", RosterReason.ABSENCE)
    assert changed.absences[0].covered_by == "post-2"


def test_nobody_says_of_a_foreign_post_or_on_an_old_version_who_is_away() -> None:
    desk = opened()
    with pytest.raises(NoSuchPost):
        set_absences(about_post(desk, NEIGHBOUR), (WEEK,), a_digest, desk.work())
    with pytest.raises(StaleVersion):
        set_absences(about_post(desk, version=7), (WEEK,), a_digest, desk.work())
    with pytest.raises(NoSuchPost):
        set_absences(about_post(desk), (WEEK.model_copy(update={"covered_by": "post-1"}),), a_digest, desk.work())


def test_who_leaves_hands_all_her_cases_over() -> None:
    desk = opened()
    desk.lay(HELD_BY, "post-1", (str(CASE),))
    for _ in range(2):
        hand_over(about_post(desk, version=0), "post-2", desk.work(), TERMS)
    assert (desk.case().post_id, desk.case().assignments[-1].because) == ("post-2", MoveReason.HANDOVER)


def test_a_case_that_she_has_declined_is_not_handed_over_to_her() -> None:
    desk = opened(a_post("post-2"), a_post("post-1"))
    decline(command(desk, an_iscg("iscg-1").authid), DeclineReason.OVERLOADED, None, desk.work(), TERMS)
    desk.lay(HELD_BY, "post-2", (str(CASE),))
    asked = Command("post-2", COORDINATOR_ID, 0, "handover", "")
    assert hand_over(asked, "post-1", desk.work(), TERMS).kept == (CASE,)
    assert desk.case().post_id == "post-2"


@pytest.mark.parametrize("to", ["post-1", "post-3", "post-9", "post-7"])
def test_cases_are_handed_over_to_a_filled_post_of_the_same_coordinator_only(to: str) -> None:
    desk = opened(a_post("post-1"), a_post("post-3", iscg=None), a_post("post-9", departement="09"))
    desk.lay(HELD_BY, "post-1", (str(CASE),))
    with pytest.raises(NoSuchPost):
        hand_over(about_post(desk), to, desk.work(), TERMS)


def test_an_immediate_case_that_nobody_can_take_wakes_the_on_call_at_once() -> None:
    desk = opened(a_post("post-1", absences=(WEEK,)), urgency=Urgency.IMMEDIATE)
    assert desk.said(CaseEscalated)[0].notify[0].ref == "on-call-31"
    assert desk.clock(PLACE, 1).due_at == MONDAY + timedelta(minutes=30)


def test_what_runs_long_after_it_was_due_says_so() -> None:
    desk = opened()
    desk.tick(DeadlineKind.TO_BE_ACCEPTED, at=MONDAY + 24 * HOUR + timedelta(minutes=1))
    assert not desk.said(CaseEscalated)[-1].late
    desk = opened()
    desk.tick(DeadlineKind.TO_BE_ACCEPTED, stage=Stage.REMINDER, at=MONDAY + 30 * HOUR)
    desk.tick(DeadlineKind.TO_BE_ACCEPTED, at=MONDAY + 30 * HOUR)
    assert desk.said(DeadlineNeared)[-1].late and desk.said(CaseEscalated)[-1].late
