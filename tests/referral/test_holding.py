"""An ISCG takes a case, declines it, takes it over, follows it, closes it."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from services.referral.acts.finding import held_case
from services.referral.acts.following import close, note_attempt, note_interview, tell_unreachable
from services.referral.acts.holding import accept, decline, take_over
from services.referral.acts.once import Command, StaleVersion
from services.referral.domain.case import NoSuchCase
from services.referral.domain.deadlines import Stage
from services.referral.domain.following import ContactAttempt, CripUnanswered, Interview, NoCripListed, ReasonMissing
from services.referral.domain.posts import Absence, Post
from services.referral.domain.states import CaseState, ForbiddenStep
from services.referral.handlers import on_report_accepted
from services.referral.store import CASES, POSTS
from services.referral.views import LOADS, PARTNERS_IN
from shared.contracts.ages import MINORS
from shared.contracts.blocks import Closure
from shared.contracts.events import (
    CaseClosed,
    CaseEscalated,
    ContactAttempted,
    DeadlineMissed,
    DeadlineNeared,
    InterviewHeld,
    IscgAccepted,
    IscgAssigned,
    IscgDeclined,
    ReferralSent,
    StandingChanged,
)
from shared.contracts.report import CaseFile, Minors
from shared.contracts.vocabulary import (
    AgeBand,
    AttemptOutcome,
    Category,
    ClosureReason,
    ContactChannel,
    CripAnswer,
    DeadlineKind,
    DeclineReason,
    DurationBand,
    InterviewPlace,
    LegalGround,
    MoveReason,
    Need,
    PartnerType,
    RecipientRole,
    Standing,
)
from tests.referral.builders import (
    CASE,
    HOUR,
    MONDAY,
    TERMS,
    Desk,
    a_file,
    a_partner,
    a_post,
    a_presence,
    a_report,
    an_iscg,
)

FIRST, SECOND = an_iscg("iscg-1").authid, an_iscg("iscg-2").authid
DONE = Closure(reason=ClosureReason.COMPLETED, crip=CripAnswer.NO_MINORS)
HOURLONG = Interview(id=UUID(int=5), at=MONDAY, place=InterviewPlace.STATION, duration=DurationBand.FROM_30)


def opened(*posts: Post) -> Desk:
    """A desk on which a case was opened and assigned to the first of these posts."""
    desk = Desk(*(posts or (a_post("post-1"), a_post("post-2"))))
    on_report_accepted(a_report(), desk.work(), TERMS)
    return desk


def command(desk: Desk, by: UUID = FIRST) -> Command:
    """What somebody asks, on the version that stands there, under a new key."""
    return Command(CASE, by, desk.work().version(CASES, CASE), f"key-{len(desk.unit.said)}", "")


def accepted(*posts: Post) -> Desk:
    """A desk on which a case was taken in charge by the ISCG of post 1."""
    desk = opened(*posts)
    accept(command(desk), desk.work(), TERMS)
    return desk


def attempt(outcome: AttemptOutcome) -> ContactAttempt:
    return ContactAttempt(id=UUID(int=6), at=MONDAY, channel=ContactChannel.PHONE, outcome=outcome)


def test_a_declined_case_goes_to_the_next_candidate_and_the_history_stays() -> None:
    desk = opened()
    decline(command(desk), DeclineReason.OVERLOADED, None, desk.work(), TERMS)
    first, second = desk.case().assignments
    assert (first.decline_reason, first.iscg_id, second.iscg_id) == (DeclineReason.OVERLOADED, "iscg-1", "iscg-2")
    assert (desk.case().state, desk.case().post_id) == (CaseState.ASSIGNED, "post-2")
    assert second.because is MoveReason.DECLINED


def test_why_somebody_declines_stands_sealed() -> None:
    desk = opened()
    decline(command(desk), DeclineReason.LANGUAGE, None, desk.work(), TERMS)
    [declined] = desk.said(IscgDeclined)
    assert declined.file.reason is DeclineReason.LANGUAGE
    assert "language" not in str(declined.clear())


def test_who_has_declined_is_not_asked_again_and_then_the_coordinator_owns_it() -> None:
    desk = opened()
    for by in (FIRST, SECOND):
        decline(command(desk, by), DeclineReason.AWAY, None, desk.work(), TERMS)
    assert (desk.case().state, desk.case().post_id) == (CaseState.ESCALATED, None)
    [escalated] = desk.said(CaseEscalated)
    assert {each.ref for each in escalated.notify} >= {"coordinator-31"}
    assert all(each.has_declined for each in desk.case().escalations[0].candidates)


def test_a_declined_case_is_no_load_of_hers() -> None:
    desk = opened()
    decline(command(desk), DeclineReason.AWAY, None, desk.work(), TERMS)
    assert [desk.work().get(LOADS, post) for post in ("post-1", "post-2")] == [0, 1]
    assert desk.clock(n=1).due_at is None
    assert desk.clock(n=2).due_at is not None


def test_what_she_has_accepted_she_can_no_longer_decline() -> None:
    desk = accepted()
    with pytest.raises(ForbiddenStep):
        decline(command(desk), DeclineReason.AWAY, None, desk.work(), TERMS)


def test_of_two_at_once_one_wins_and_the_other_learns_what_happened() -> None:
    desk = opened()
    mine, theirs = (Command(CASE, FIRST, 1, f"key-{n}", "") for n in (1, 2))
    accept(mine, desk.work(), TERMS)
    with pytest.raises(StaleVersion) as stale:
        decline(theirs, DeclineReason.AWAY, None, desk.work(), TERMS)
    assert stale.value.state is CaseState.ACCEPTED


def away() -> Desk:
    """A desk on which the ISCG of post 1 falls ill after she has taken a case in charge, and post 2 covers for her."""
    post = a_post("post-1")
    desk = accepted(post, a_post("post-2", a_presence(station="GN-31-0412")))
    absence = Absence(first_day=date(2026, 11, 23), last_day=date(2026, 11, 29), covered_by="post-2")
    desk.lay(POSTS, "post-1", post.model_copy(update={"absences": (absence,)}))
    return desk


def test_whoever_covers_sees_the_case_and_may_take_it_over() -> None:
    desk = away()
    assert held_case(CASE, SECOND, desk.work()).id == CASE
    take_over(command(desk, SECOND), None, desk.work(), TERMS)
    assert (desk.case().post_id, desk.case().state) == ("post-2", CaseState.ACCEPTED)
    assert [each.iscg_id for each in desk.said(IscgAccepted)] == ["iscg-1", "iscg-2"]
    assert desk.said(IscgAssigned)[-1].supersedes == desk.case().assignments[0].id


def test_the_station_hears_of_a_takeover_nothing() -> None:
    desk = away()
    take_over(command(desk, SECOND), None, desk.work(), TERMS)
    assert [each.standing for each in desk.said(StandingChanged)] == [Standing.TAKEN_IN_CHARGE]


def test_nobody_takes_a_case_over_who_covers_for_nobody() -> None:
    desk = accepted()
    with pytest.raises(NoSuchCase):
        take_over(command(desk, SECOND), None, desk.work(), TERMS)


def test_from_acceptance_on_the_first_contact_is_awaited() -> None:
    desk = accepted()
    clock = desk.clock(DeadlineKind.FIRST_CONTACT)
    assert clock.due_at == MONDAY + 48 * HOUR
    assert desk.clock().due_at is None


def test_an_attempt_that_reaches_nobody_leaves_the_clock_running() -> None:
    desk = accepted()
    note_attempt(command(desk), attempt(AttemptOutcome.NO_ANSWER), desk.work(), TERMS)
    assert desk.clock(DeadlineKind.FIRST_CONTACT).due_at
    assert (desk.case().state, len(desk.case().attempts)) == (CaseState.ACCEPTED, 1)
    [said] = desk.said(ContactAttempted)
    assert (said.file.outcome, "no-answer" in str(said.clear())) == (AttemptOutcome.NO_ANSWER, False)


def test_a_person_who_is_reached_is_in_follow_up_and_a_new_clock_runs() -> None:
    desk = accepted()
    note_attempt(command(desk), attempt(AttemptOutcome.REACHED), desk.work(), TERMS)
    assert desk.case().state is CaseState.IN_FOLLOW_UP
    assert desk.clock(DeadlineKind.FIRST_CONTACT).due_at is None
    assert desk.clock(DeadlineKind.FOLLOW_UP, 1).due_at
    note_interview(command(desk), HOURLONG, desk.work(), TERMS)
    assert desk.clock(DeadlineKind.FOLLOW_UP, 1).due_at is None
    assert desk.clock(DeadlineKind.FOLLOW_UP, 2).due_at
    assert desk.said(InterviewHeld)[0].file.place is InterviewPlace.STATION


def test_a_first_contact_that_does_not_come_is_told_to_her_and_to_the_coordinator() -> None:
    desk = accepted()
    desk.tick(DeadlineKind.FIRST_CONTACT, stage=Stage.REMINDER)
    desk.tick(DeadlineKind.FIRST_CONTACT)
    [neared], [missed] = desk.said(DeadlineNeared), desk.said(DeadlineMissed)
    assert [each.ref for each in neared.notify] == ["iscg-1"]
    assert [each.role for each in missed.notify] == [RecipientRole.ISCG, RecipientRole.COORDINATOR]
    assert neared.due_at == missed.due_at == MONDAY + 48 * HOUR


def test_a_person_who_cannot_be_reached_is_told_to_the_station_and_stays_a_case() -> None:
    desk = accepted()
    tell_unreachable(command(desk), desk.work())
    assert desk.case().state is CaseState.UNREACHABLE
    assert desk.said(StandingChanged)[-1].standing is Standing.NOT_REACHABLE
    note_interview(command(desk), HOURLONG, desk.work(), TERMS)
    assert desk.case().state is CaseState.IN_FOLLOW_UP


def test_a_closed_case_holds_nobody_and_no_clock_runs() -> None:
    desk = accepted()
    close(command(desk), DONE, [a_file()], desk.work(), terms=TERMS)
    assert (desk.case().state, desk.case().post_id) == (CaseState.CLOSED, None)
    assert desk.work().get(LOADS, "post-1") == 0
    assert desk.clock(DeadlineKind.FIRST_CONTACT).due_at is None
    [closed] = desk.said(CaseClosed)
    assert (closed.notify, closed.file.reason) == ((), ClosureReason.COMPLETED)


def test_what_nobody_has_taken_in_charge_nobody_closes() -> None:
    desk = opened()
    with pytest.raises(ForbiddenStep):
        close(command(desk), DONE, [a_file()], desk.work(), terms=TERMS)


def with_person(**changes: object) -> CaseFile:
    file = a_file()
    return file.model_copy(update={"persons": (file.persons[0].model_copy(update=changes), *file.persons[1:])})


@pytest.mark.parametrize(
    "file",
    [
        a_file().model_copy(update={"minors": Minors(count=2)}),
        a_file().model_copy(update={"minors": Minors(count=0, age_bands=(AgeBand.FROM_3,))}),
        a_file().model_copy(update={"categories": (Category.MINOR_IN_DANGER,)}),
        a_file().model_copy(update={"legal_ground": LegalGround.MINOR_IN_DANGER}),
        *(with_person(age_band=band) for band in MINORS),
        with_person(age_band=AgeBand.UNKNOWN, birth_date=MONDAY.date() - timedelta(days=17 * 365)),
        with_person(needs=(Need.CHILDREN,)),
        None,
    ],
)
def test_where_minors_are_or_may_be_concerned_the_crip_must_be_answered(file: CaseFile | None) -> None:
    desk = accepted()
    with pytest.raises(CripUnanswered):
        close(command(desk), DONE, [file], desk.work(), terms=TERMS)
    without_why = Closure(reason=ClosureReason.COMPLETED, crip=CripAnswer.NOT_NEEDED)
    with pytest.raises(ReasonMissing):
        close(command(desk), without_why, [file], desk.work(), terms=TERMS)
    with_why = without_why.model_copy(update={"crip_reason": "Suivi par l'ASE."})
    close(command(desk), with_why, [file], desk.work(), terms=TERMS)
    assert desk.said(CaseClosed)[0].file.crip is CripAnswer.NOT_NEEDED
    assert "ASE" not in str(desk.said(CaseClosed)[0].clear())


def test_an_act_is_done_once_under_its_key() -> None:
    desk = accepted()
    once = partial(note_interview, command(desk), HOURLONG)
    assert once(desk.work(), TERMS) == once(desk.work(), TERMS)
    assert len(desk.case().interviews) == 1


def test_half_of_the_time_to_accept_over_she_is_reminded() -> None:
    desk = opened()
    desk.tick(DeadlineKind.TO_BE_ACCEPTED, stage=Stage.REMINDER)
    [neared] = desk.said(DeadlineNeared)
    assert ([each.ref for each in neared.notify], neared.kind) == (["iscg-1"], DeadlineKind.TO_BE_ACCEPTED)
    assert desk.clock(stage=Stage.REMINDER).due_at is None
    assert desk.clock().due_at == MONDAY + timedelta(hours=24)


def test_an_information_preoccupante_is_a_referral_to_the_crip_on_its_own_ground() -> None:
    desk, told = accepted(), Closure(reason=ClosureReason.COMPLETED, crip=CripAnswer.SENT)
    with pytest.raises(NoCripListed):
        close(command(desk), told, [a_file()], desk.work(), terms=TERMS)
    desk.lay(PARTNERS_IN, "31", (a_partner(PartnerType.CRIP, "partner-x9"),))
    close(command(desk), told, [a_file()], desk.work(), terms=TERMS)
    [referral] = desk.case().referrals
    assert (referral.partner_id, referral.ground, referral.is_open) == ("partner-x9", LegalGround.MINOR_IN_DANGER, True)
    assert desk.said(ReferralSent)[0].notify[0].ref == "partner-x9"
