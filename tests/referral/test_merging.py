"""Cases of one person: linked by whoever knows, merged by a coordinator where one is a duplicate, and parted again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.referral.acts.consenting import collect_consent, refer_to
from services.referral.acts.erasing import erased_with, set_hold
from services.referral.acts.finding import coordinated_case, held_case
from services.referral.acts.following import close, tell_unreachable
from services.referral.acts.holding import accept, decline
from services.referral.acts.merging import link, merge, unmerge
from services.referral.acts.once import Command
from services.referral.domain.case import Case, NoSuchCase, UnderHold
from services.referral.domain.consent import with_consent
from services.referral.domain.deadlines import deadline_id
from services.referral.domain.following import CripUnanswered
from services.referral.domain.merging import NotMergeable, OtherPerson
from services.referral.domain.referrals import ReferralState
from services.referral.domain.states import CaseState, ForbiddenStep
from services.referral.files import Known
from services.referral.handlers import on_report_accepted, on_report_corrected, on_report_withdrawn
from services.referral.store import CASES, DEADLINES, DOSSIERS, PARTNERS, POSTS
from services.referral.ticks import on_deadline
from services.referral.views import LOADS
from shared.contracts.blocks import Closure
from shared.contracts.event import Event
from shared.contracts.events import (
    CaseCorrected,
    CaseLinkChanged,
    CaseMerged,
    CaseParted,
    ReferralCancelled,
    ReferralExpired,
    ReportAccepted,
    ReportCorrected,
    ReportWithdrawn,
    StandingChanged,
)
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile, Minors
from shared.contracts.vocabulary import (
    AgeBand,
    CancelReason,
    ClosureReason,
    ConsentAnswer,
    CripAnswer,
    DeadlineKind,
    DeclineReason,
    LegalGround,
    MoveReason,
    PartnerType,
    Standing,
    WithdrawalReason,
)
from tests.referral.builders import (
    CASE,
    COORDINATOR_ID,
    MONDAY,
    REPORT,
    STATION,
    TERMS,
    Desk,
    a_file,
    a_partner,
    a_post,
    a_report,
    an_iscg,
)

TWIN, TWIN_REPORT = UUID(int=50), UUID(int=51)
ONE, TWO = an_iscg("iscg-1").authid, an_iscg("iscg-2").authid
GIVEN = {PartnerType.CIDFF: ConsentAnswer.GIVEN}
DONE = Closure(reason=ClosureReason.COMPLETED, crip=CripAnswer.NO_MINORS)
CIDFF = a_partner(PartnerType.CIDFF)


def the_twin(file: CaseFile | None = None, **changes: Any) -> ReportAccepted:
    return a_report(file, case_id=TWIN, report_id=TWIN_REPORT, **changes)


def two(file: CaseFile | None = None, twin: CaseFile | None = None) -> Desk:
    """A desk with two cases; each of two ISCGs has one."""
    desk = Desk(a_post("post-1"), a_post("post-2"), partners=(CIDFF,))
    desk.lay(PARTNERS, CIDFF.id, CIDFF)
    on_report_accepted(a_report(file), desk.work(), TERMS)
    on_report_accepted(the_twin(twin), desk.work(), TERMS)
    assert (case(desk).post_id, case(desk, TWIN).post_id) == ("post-1", "post-2")
    return desk


def case(desk: Desk, case_id: UUID = CASE) -> Case:
    found = desk.work().get(CASES, case_id)
    assert found
    return found


def command(desk: Desk, case_id: UUID = CASE, by: UUID = COORDINATOR_ID) -> Command:
    return Command(case_id, by, desk.work().version(CASES, case_id), f"key-{len(desk.unit.said)}", "")


def merged(desk: Desk | None = None) -> Desk:
    """The twin was found to be a duplicate."""
    desk = desk or two()
    merge(command(desk, TWIN), CASE, desk.work())
    return desk


def part(desk: Desk) -> None:
    unmerge(command(desk, TWIN), a_file(), desk.work(), TERMS)


def words(desk: Desk, report_id: UUID) -> list[Standing]:
    return [each.standing for each in desk.said(StandingChanged) if each.report_id == report_id]


def refs(desk: Desk, kind: type[Event]) -> list[str]:
    return [each.ref for each in desk.said(kind)[-1].notify]


def test_a_duplicate_is_nobodys_work_any_more_and_both_who_held_them_are_told() -> None:
    desk = merged()
    twin = case(desk, TWIN)
    assert (twin.state, twin.post_id, twin.survivor_id) == (CaseState.MERGED, None, CASE)
    assert [desk.work().get(LOADS, post) for post in ("post-1", "post-2")] == [1, 0]
    assert refs(desk, CaseMerged) == ["iscg-2", "iscg-1"]
    clocks = [each.state for (shelf, _), each in desk.unit.states.items() if shelf is DEADLINES]
    assert {each.case_id for each in clocks if each and each.due_at} == {CASE}


def test_whoever_holds_the_survivor_may_look_at_the_duplicate_and_whoever_had_it_no_more() -> None:
    desk = merged()
    assert held_case(TWIN, ONE, desk.work()).id == TWIN
    with pytest.raises(NoSuchCase):
        held_case(TWIN, TWO, desk.work())


def test_nothing_is_done_with_a_duplicate_but_through_its_survivor() -> None:
    desk = merged()
    known = Known(a_file(), desk.work().version(DOSSIERS, TWIN))
    with pytest.raises(ForbiddenStep):
        close(command(desk, TWIN, ONE), DONE, [a_file()], desk.work(), terms=TERMS)
    with pytest.raises(ForbiddenStep):
        tell_unreachable(command(desk, TWIN, ONE), desk.work())
    with pytest.raises(ForbiddenStep):
        refer_to(command(desk, TWIN, ONE), CIDFF.id, LegalGround.MINOR_IN_DANGER, known, desk.work(), terms=TERMS)


def test_both_stations_hear_what_becomes_of_the_survivor() -> None:
    desk = merged()
    accept(command(desk, by=ONE), desk.work(), TERMS)
    tell_unreachable(command(desk, by=ONE), desk.work())
    close(command(desk, by=ONE), DONE, [a_file()], desk.work(), terms=TERMS)
    assert words(desk, REPORT) == words(desk, TWIN_REPORT)
    assert words(desk, TWIN_REPORT) == [Standing.TAKEN_IN_CHARGE, Standing.NOT_REACHABLE, Standing.CLOSED]
    assert case(desk, TWIN).state is CaseState.CLOSED


def test_a_station_hears_at_once_how_far_the_survivor_has_come() -> None:
    desk = two()
    accept(command(desk, by=ONE), desk.work(), TERMS)
    merged(desk)
    assert words(desk, TWIN_REPORT) == [Standing.TAKEN_IN_CHARGE]


def test_the_question_about_the_crip_is_asked_of_the_duplicates_file_too() -> None:
    desk = merged()
    accept(command(desk, by=ONE), desk.work(), TERMS)
    with_minors = a_file().model_copy(update={"minors": Minors(count=1, age_bands=(AgeBand.FROM_3,))})
    with pytest.raises(CripUnanswered):
        close(command(desk, by=ONE), DONE, [a_file(), with_minors], desk.work(), terms=TERMS)


def test_a_merge_undone_gives_the_case_back_to_whoever_had_it_who_has_to_accept_it() -> None:
    desk = merged()
    part(desk)
    twin = case(desk, TWIN)
    assert (twin.state, twin.post_id, twin.assignments[-1].because) == (CaseState.ASSIGNED, "post-2", MoveReason.PARTED)
    assert (case(desk).linked_to, twin.linked_to, twin.merge) == ((), (), None)
    assert refs(desk, CaseParted) == ["iscg-1"]
    assert desk.said(CaseParted)[-1].survivor == CASE


def test_a_merge_undone_places_by_the_rules_what_its_post_can_not_have_back() -> None:
    desk = merged()
    desk.lay(POSTS, "post-2", a_post("post-2", iscg=an_iscg("iscg-9")))
    part(desk)
    assert case(desk, TWIN).state in (CaseState.ASSIGNED, CaseState.ESCALATED)
    assert case(desk, TWIN).assignments[-1].because is MoveReason.PARTED


def test_only_who_was_merged_is_parted_and_only_once() -> None:
    desk = two()
    with pytest.raises(ForbiddenStep):
        part(desk)


@pytest.mark.parametrize("into", [TWIN, UUID(int=99)])
def test_a_case_is_no_duplicate_of_itself_nor_of_none(into: UUID) -> None:
    with pytest.raises((NotMergeable, NoSuchCase)):
        merge(command(desk := two(), TWIN), into, desk.work())


def _is_a_test(desk: Desk) -> None:
    desk.lay(CASES, CASE, case(desk).model_copy(update={"test": True}))


def _is_over(desk: Desk) -> None:
    accept(command(desk, by=ONE), desk.work(), TERMS)
    close(command(desk, by=ONE), DONE, [a_file()], desk.work(), terms=TERMS)


def _is_a_duplicate(desk: Desk) -> None:
    third = UUID(int=60)
    on_report_accepted(a_report(case_id=third, report_id=UUID(int=61)), desk.work(), TERMS)
    merge(command(desk), third, desk.work())


def _has_a_duplicate(desk: Desk) -> None:
    third = UUID(int=60)
    on_report_accepted(a_report(case_id=third, report_id=UUID(int=61)), desk.work(), TERMS)
    merge(command(desk, third), TWIN, desk.work())


@pytest.mark.parametrize("what", [_is_a_test, _is_over, _is_a_duplicate, _has_a_duplicate])
def test_only_two_open_cases_of_a_kind_become_one_and_never_a_chain(what: Callable[[Desk], None]) -> None:
    desk = two()
    what(desk)
    with pytest.raises(NotMergeable):
        merge(command(desk, TWIN), CASE, desk.work())


def test_cases_of_other_people_of_one_event_are_neither_merged_nor_linked() -> None:
    desk = two(twin=a_file().model_copy(update={"related_to": (REPORT,)}))
    with pytest.raises(OtherPerson):
        merge(command(desk, TWIN), CASE, desk.work())
    with pytest.raises(OtherPerson):
        link(command(desk, TWIN), CASE, coordinated_case, desk.work(), linked=True)


def test_a_partner_who_is_asked_twice_for_one_person_is_asked_once() -> None:
    asking = a_file((PartnerType.CIDFF,), GIVEN)
    desk = merged(two(asking, asking))
    assert [each.state for each in case(desk).referrals] == [ReferralState.SENT]
    assert [each.state for each in case(desk, TWIN).referrals] == [ReferralState.CANCELLED]
    assert desk.said(ReferralCancelled)[-1].reason is CancelReason.DUPLICATE


def test_a_referral_of_the_duplicate_goes_on_and_its_partners_clock_tells_who_has_the_survivor() -> None:
    desk = merged(two(twin=a_file((PartnerType.CIDFF,), GIVEN)))
    assert [each.state for each in case(desk, TWIN).referrals] == [ReferralState.SENT]
    clock = deadline_id(TWIN, DeadlineKind.PARTNER_ANSWER, 1)
    on_deadline(clock, desk.work(), TERMS)
    assert refs(desk, ReferralExpired) == ["iscg-1"]


def test_what_the_person_refuses_takes_the_duplicates_referrals_too() -> None:
    desk = merged(two(twin=a_file((PartnerType.CIDFF,), GIVEN)))
    accept(command(desk, by=ONE), desk.work(), TERMS)
    refusing = Consent(contact_by_iscg=ConsentAnswer.GIVEN, partners={PartnerType.CIDFF: ConsentAnswer.REFUSED})
    known = Known(a_file(), desk.work().version(DOSSIERS, CASE))
    collect_consent(command(desk, by=ONE), refusing, "sealed", known, desk.work())
    assert [each.state for each in case(desk, TWIN).referrals] == [ReferralState.CANCELLED]
    assert desk.said(ReferralCancelled)[-1].reason is CancelReason.CONSENT_WITHDRAWN


def test_a_person_who_wants_no_contact_is_left_in_peace_in_both_cases() -> None:
    desk = merged()
    accept(command(desk, by=ONE), desk.work(), TERMS)
    refusing = Consent(contact_by_iscg=ConsentAnswer.REFUSED)
    known = Known(with_consent(a_file(), None), desk.work().version(DOSSIERS, CASE))
    collect_consent(command(desk, by=ONE), refusing, "sealed", known, desk.work())
    assert [case(desk, each).state for each in (CASE, TWIN)] == [CaseState.WITHDRAWN, CaseState.WITHDRAWN]


def take_back(desk: Desk, case_id: UUID, report_id: UUID) -> None:
    members = {"report_id": report_id, "revision": 2, "integrator": "police", "station": STATION}
    report = ReportWithdrawn.model_validate({"case_id": case_id, "reason": WithdrawalReason.DUPLICATE, **members})
    on_report_withdrawn(report, desk.work(), TERMS)


def test_a_survivor_whose_report_is_taken_back_leaves_nobody_behind() -> None:
    desk = merged()
    take_back(desk, CASE, REPORT)
    assert case(desk).state is CaseState.CANCELLED
    assert (case(desk, TWIN).state, case(desk, TWIN).post_id) == (CaseState.ASSIGNED, "post-2")


def test_a_duplicate_whose_report_is_taken_back_ends_alone() -> None:
    desk = merged()
    take_back(desk, TWIN, TWIN_REPORT)
    assert (case(desk).state, case(desk, TWIN).state) == (CaseState.ASSIGNED, CaseState.CANCELLED)


def test_what_a_station_corrects_of_a_duplicate_is_told_to_whoever_has_the_survivor() -> None:
    desk = merged()
    members = the_twin().model_dump() | {"revision": 2}
    report = ReportCorrected.model_validate({k: v for k, v in members.items() if k in ReportCorrected.model_fields})
    on_report_corrected(report, desk.work(), TERMS)
    assert refs(desk, CaseCorrected) == ["iscg-1"]


def test_a_duplicate_is_erased_with_its_survivor_and_neither_under_a_hold() -> None:
    desk = merged()
    accept(command(desk, by=ONE), desk.work(), TERMS)
    close(command(desk, by=ONE), DONE, [a_file()], desk.work(), terms=TERMS)
    assert erased_with(CASE, COORDINATOR_ID, desk.work()) == [TWIN, CASE]
    set_hold(command(desk, TWIN), True, desk.work())
    with pytest.raises(UnderHold):
        erased_with(CASE, COORDINATOR_ID, desk.work())


def test_cases_of_one_person_are_linked_and_both_say_so() -> None:
    desk = two()
    link(command(desk), TWIN, coordinated_case, desk.work(), linked=True)
    assert (case(desk).linked_to, case(desk, TWIN).linked_to) == ((TWIN,), (CASE,))
    assert [each.other_case_id for each in desk.said(CaseLinkChanged)] == [CASE, TWIN]
    link(command(desk, TWIN), CASE, coordinated_case, desk.work(), linked=False)
    assert (case(desk).linked_to, case(desk, TWIN).linked_to) == ((), ())


def test_linking_twice_says_nothing_twice() -> None:
    desk = two()
    for _ in range(2):
        link(command(desk), TWIN, coordinated_case, desk.work(), linked=True)
    assert len(desk.said(CaseLinkChanged)) == 2


def test_an_iscg_links_her_case_with_one_that_she_has_had_and_with_no_other() -> None:
    desk = two()
    with pytest.raises(NoSuchCase):
        link(command(desk, by=ONE), TWIN, held_case, desk.work(), linked=True)
    accept(command(desk, TWIN, TWO), desk.work(), TERMS)
    close(command(desk, TWIN, TWO), DONE, [a_file()], desk.work(), terms=TERMS)
    decline(command(desk, by=ONE), DeclineReason.AWAY, a_file(), desk.work(), TERMS)
    assert case(desk).post_id == "post-2"
    link(command(desk, by=TWO), TWIN, held_case, desk.work(), linked=True)
    assert case(desk).linked_to == (TWIN,)


def test_a_merge_is_not_undone_by_unlinking() -> None:
    desk = merged()
    with pytest.raises(ForbiddenStep):
        link(command(desk), TWIN, coordinated_case, desk.work(), linked=False)


def test_whoever_knows_the_person_by_a_link_is_chosen_first() -> None:
    desk = two()
    third = UUID(int=60)
    on_report_accepted(a_report(case_id=third, report_id=UUID(int=61)), desk.work(), TERMS)
    first = case(desk, third).post_id
    other = {"post-1": TWIN, "post-2": CASE}[str(first)]
    link(command(desk, third), other, coordinated_case, desk.work(), linked=True)
    by = an_iscg(f"iscg-{str(first)[-1]}").authid
    decline(command(desk, third, by), DeclineReason.AWAY, a_file(), desk.work(), TERMS)
    [chosen] = [e for e in case(desk, third).assignments[-1].explanation.candidates if e.post_id != first]
    assert chosen.knows_person


def test_nobody_but_a_coordinator_of_both_merges() -> None:
    desk = two()
    with pytest.raises(NoSuchCase):
        merge(command(desk, TWIN, TWO), CASE, desk.work())
    desk.lay(CASES, CASE, case(desk).model_copy(update={"departement": "09"}))
    with pytest.raises(NoSuchCase):
        merge(command(desk, TWIN), CASE, desk.work())


def test_merging_at_a_time_that_is_told() -> None:
    twin = case(merged(), TWIN)
    assert twin.merge
    assert (twin.merge.merged_at, twin.merge.post_id) == (MONDAY, "post-2")
