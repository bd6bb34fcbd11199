"""Whatever people, stations and clocks do, in whichever order: nobody is forgotten, and nobody gets two workers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.referral.acts.answering import answer
from services.referral.acts.consenting import NoSuchPartner, collect_consent, refer_to
from services.referral.acts.coordinating import HasDeclined, HoldsRelatedCase, reassign
from services.referral.acts.finding import coordinated_case, held_case
from services.referral.acts.following import close, note_attempt, note_interview, tell_unreachable
from services.referral.acts.holding import accept, decline, take_over
from services.referral.acts.merging import link, merge, unmerge
from services.referral.acts.once import Command, StaleVersion
from services.referral.acts.posts import NoSuchPost
from services.referral.domain.case import AlreadyAccepted, Case, NoSuchCase, NothingToAccept
from services.referral.domain.consent import ConsentMissing, with_consent
from services.referral.domain.coordination import Fallback, Territory
from services.referral.domain.deadlines import Deadline
from services.referral.domain.following import ContactAttempt, Interview
from services.referral.domain.merging import NotMergeable, OtherPerson
from services.referral.domain.partners import Partner
from services.referral.domain.posts import Absence, Post
from services.referral.domain.states import CaseState, ForbiddenStep
from services.referral.files import Known
from services.referral.handlers import on_report_accepted, on_report_withdrawn
from services.referral.moving import move_if_away
from services.referral.store import (
    CASES,
    COORDINATORS,
    DEADLINES,
    DOSSIERS,
    FALLBACKS,
    NATIONAL,
    PARTNERS,
    POSTS,
    TERRITORIES,
)
from services.referral.ticks import on_deadline
from services.referral.views import LOADS, POSTS_AT
from shared.contracts.blocks import Answered, Closure
from shared.contracts.events import IscgAccepted, IscgAssigned, ReportWithdrawn, StandingChanged
from shared.contracts.person import Consent
from shared.contracts.report import KnownBy
from shared.contracts.vocabulary import (
    AttemptOutcome,
    ClosureReason,
    ConsentAnswer,
    ContactChannel,
    CripAnswer,
    DecidingRule,
    DeclineReason,
    DurationBand,
    EscalationLevel,
    InterviewPlace,
    LegalGround,
    PartnerAnswer,
    PartnerType,
    Standing,
    Urgency,
    WithdrawalReason,
    can_be_told,
)
from shared.delivery.cause import Cause
from tests.referral.builders import (
    COORDINATOR_ID,
    MONDAY,
    STATION,
    TERMS,
    Desk,
    a_channel,
    a_coordinator,
    a_file,
    a_partner,
    a_post,
    a_report,
    an_iscg,
)

POSTS_HERE = ("post-1", "post-2", "post-3")
PEOPLE = (*(an_iscg(f"iscg-{n}").authid for n in (1, 2, 3)), COORDINATOR_ID, UUID(int=31))
CASES_HERE = st.integers(0, 4)
REFUSALS = (
    *(ConsentMissing, NoSuchPartner),
    *(AlreadyAccepted, ForbiddenStep, HasDeclined, HoldsRelatedCase, NoSuchCase, NoSuchPost),
    *(NothingToAccept, StaleVersion, NotMergeable, OtherPerson),
)
PARTNER_ID = UUID(int=77)
PARTNERS_HERE = (
    a_partner(PartnerType.CIDFF).model_copy(update={"authid": PARTNER_ID}),
    a_partner(PartnerType.CRIP, "partner-x9"),
)
ANSWERS_HERE = st.sampled_from([ConsentAnswer.GIVEN, ConsentAnswer.REFUSED])
AGREEMENT = Consent(contact_by_iscg=ConsentAnswer.GIVEN, partners={PartnerType.CIDFF: ConsentAnswer.GIVEN})
AGREEING = with_consent(a_file((PartnerType.CIDFF,)), AGREEMENT)
DONE = Closure(reason=ClosureReason.COMPLETED, crip=CripAnswer.NO_MINORS)


class Lives(RuleBasedStateMachine):
    """A few cases, three posts, a coordinator, a national fallback, and a clock that jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.steps, self.at_version = MONDAY, 0, dict[UUID, int]()
        self.consents = dict[UUID, Consent]()
        self.desk = Desk(*(a_post(id_) for id_ in POSTS_HERE), partners=PARTNERS_HERE)
        for partner in PARTNERS_HERE:
            self.desk.lay(PARTNERS, partner.id, partner)
        self.desk.lay(TERRITORIES, "31", Territory(departement="31", neighbours=("09",)))
        self.desk.lay(COORDINATORS, "09", a_coordinator("09", UUID(int=30)))
        self.desk.lay(FALLBACKS, NATIONAL, Fallback(id="n", authid=UUID(int=31), channels=a_channel("n")))

    def work(self, case_id: UUID) -> Any:
        self.steps += 1
        return self.desk.work(Cause(UUID(int=10_000 + self.steps), self.now, str(case_id)))

    def cases(self) -> list[Case]:
        kept = [each.state for (shelf, _), each in self.desk.unit.states.items() if shelf is CASES]
        return [each for each in kept if each]

    def clocks(self, case: Case) -> list[Deadline]:
        kept = [each.state for (shelf, _), each in self.desk.unit.states.items() if shelf is DEADLINES]
        return [each for each in kept if each and each.case_id == case.id and each.due_at]

    def attempt(self, n: int, by: UUID, act: Callable[..., object], *given: Any, is_stale: bool = False) -> None:
        """Do something with a case; it is done, or refused by a name."""
        work = self.work(UUID(int=100 + n))
        version = work.version(CASES, UUID(int=100 + n)) + is_stale
        command = Command(UUID(int=100 + n), by, version, str(self.steps), "")
        try:
            act(command, *given, work)
        except REFUSALS:
            return
        assert not is_stale

    @initialize(n=CASES_HERE)
    def begin(self, n: int) -> None:
        self.take(n, Urgency.URGENT, None, 0)

    @rule(n=CASES_HERE, urgency=st.sampled_from(Urgency), related=st.none() | CASES_HERE, person=st.integers(0, 2))
    def report(self, n: int, urgency: Urgency, related: int | None, person: int) -> None:
        self.take(n, urgency, related, person)

    def take(self, n: int, urgency: Urgency, related: int | None, person: int) -> None:
        others = () if related in (None, n) else (UUID(int=200 + (related or 0)),)
        known = KnownBy(names=(str(person) * 64,))
        file = AGREEING.model_copy(update={"known_by": known, "related_to": others})
        changes = {"case_id": UUID(int=100 + n), "report_id": UUID(int=200 + n), "received_at": self.now}
        on_report_accepted(a_report(file, urgency).model_copy(update=changes), self.work(UUID(int=100 + n)), TERMS)

    @rule(n=CASES_HERE)
    def withdraw_report(self, n: int) -> None:
        case_id = UUID(int=100 + n)
        members: dict[str, Any] = {"report_id": UUID(int=200 + n), "revision": 2, "integrator": "police"}
        report = ReportWithdrawn(case_id=case_id, station=STATION, reason=WithdrawalReason.DUPLICATE, **members)
        try:
            on_report_withdrawn(report, self.work(case_id), TERMS)
        except NoSuchCase:
            return

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE), is_stale=st.booleans())
    def accept(self, n: int, by: UUID, is_stale: bool) -> None:
        self.attempt(n, by, lambda command, work: accept(command, work, TERMS), is_stale=is_stale)

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def decline(self, n: int, by: UUID) -> None:
        self.attempt(n, by, lambda command, work: decline(command, DeclineReason.AWAY, a_file(), work, TERMS))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def take_over(self, n: int, by: UUID) -> None:
        self.attempt(n, by, lambda command, work: take_over(command, a_file(), work, TERMS))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE), post=st.sampled_from((*POSTS_HERE, "post-9")))
    def reassign(self, n: int, by: UUID, post: str) -> None:
        self.attempt(n, by, lambda command, work: reassign(command, post, a_file(), work, TERMS))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE), outcome=st.sampled_from(AttemptOutcome))
    def try_to_reach(self, n: int, by: UUID, outcome: AttemptOutcome) -> None:
        noted = ContactAttempt(id=UUID(int=self.steps), at=self.now, channel=ContactChannel.PHONE, outcome=outcome)
        self.attempt(n, by, lambda command, work: note_attempt(command, noted, work, TERMS))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def meet(self, n: int, by: UUID) -> None:
        place, duration = InterviewPlace.STATION, DurationBand.FROM_30
        noted = Interview(id=UUID(int=self.steps), at=self.now, place=place, duration=duration)
        self.attempt(n, by, lambda command, work: note_interview(command, noted, work, TERMS))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def give_up(self, n: int, by: UUID) -> None:
        self.attempt(n, by, tell_unreachable)

    @rule(n=CASES_HERE, into=CASES_HERE, by=st.sampled_from(PEOPLE))
    def merge(self, n: int, into: int, by: UUID) -> None:
        self.attempt(n, by, lambda command, work: merge(command, UUID(int=100 + into), work))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def unmerge(self, n: int, by: UUID) -> None:
        self.attempt(n, by, lambda command, work: unmerge(command, a_file(), work, TERMS))

    @rule(n=CASES_HERE, other=CASES_HERE, by=st.sampled_from(PEOPLE), linked=st.booleans())
    def link(self, n: int, other: int, by: UUID, linked: bool) -> None:
        id_, find = UUID(int=100 + other), coordinated_case if by == COORDINATOR_ID else held_case
        self.attempt(n, by, lambda command, work: link(command, id_, find, work, linked=linked))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE))
    def close(self, n: int, by: UUID) -> None:
        self.attempt(n, by, lambda command, work: close(command, DONE, [a_file()], work, terms=TERMS))

    def known(self, n: int) -> Known:
        """What is known of the person of a case: what she has told last."""
        case_id = UUID(int=100 + n)
        file = with_consent(AGREEING, self.consents.get(case_id))
        return Known(file, self.desk.work().version(DOSSIERS, case_id))

    @rule(n=CASES_HERE, by=st.sampled_from(PEOPLE), contact=ANSWERS_HERE, cidff=ANSWERS_HERE)
    def ask_what_she_agrees_to(self, n: int, by: UUID, contact: ConsentAnswer, cidff: ConsentAnswer) -> None:
        said, known = Consent(contact_by_iscg=contact, partners={PartnerType.CIDFF: cidff}), self.known(n)

        def act(command: Command, work: Any) -> None:
            collect_consent(command, said, str(self.steps), known, work)
            self.consents[UUID(int=100 + n)] = said

        self.attempt(n, by, act)

    @rule(
        n=CASES_HERE,
        by=st.sampled_from(PEOPLE),
        partner=st.sampled_from(PARTNERS_HERE),
        ground=st.none() | st.sampled_from(LegalGround),
    )
    def refer(self, n: int, by: UUID, partner: Partner, ground: LegalGround | None) -> None:
        known = self.known(n)
        self.attempt(n, by, lambda command, work: refer_to(command, partner.id, ground, known, work, terms=TERMS))

    @rule(n=CASES_HERE, which=st.integers(0, 3), said=st.sampled_from(PartnerAnswer), is_hers=st.booleans())
    def answer(self, n: int, which: int, said: PartnerAnswer, is_hers: bool) -> None:
        case = self.desk.work().get(CASES, UUID(int=100 + n))
        if case and which < len(case.referrals):
            id_ = case.referrals[which].id
            self.attempt(
                n,
                PARTNER_ID if is_hers else UUID(int=78),
                lambda command, work: answer(command, id_, Answered(answer=said), work),
            )

    @invariant()
    def no_referral_is_open_without_consent_or_ground(self) -> None:
        types = {partner.id: partner.type for partner in PARTNERS_HERE}
        for case in self.cases():
            consent = self.consents.get(case.id)
            for each in case.referrals:
                if each.is_open and each.ground is None:
                    agreed = (consent or AGREEMENT).partners.get(types[each.partner_id or ""])
                    assert agreed is ConsentAnswer.GIVEN
                    assert case.state is not CaseState.WITHDRAWN
                elif each.is_open and each.ground:
                    assert can_be_told(types[each.partner_id or ""], each.ground)

    @rule(post_id=st.sampled_from(POSTS_HERE), days=st.integers(0, 9), cover=st.none() | st.sampled_from(POSTS_HERE))
    def fall_ill(self, post_id: str, days: int, cover: str | None) -> None:
        """Somebody is away from today on, or comes back; what she has not accepted moves."""
        first = self.now.date()
        absence = Absence(first_day=first, last_day=first + timedelta(days=days), covered_by=cover)
        absences = (absence,) if days and cover != post_id else ()
        self.desk.lay(POSTS, post_id, a_post(post_id, absences=absences))
        posts = [self.desk.work().get(POSTS, each) for each in POSTS_HERE]
        self.desk.lay(POSTS_AT, STATION, tuple(each for each in posts if isinstance(each, Post)))
        for case in self.cases():
            move_if_away(case.id, post_id, a_file(), self.work(case.id), TERMS)

    @precondition(lambda self: bool(self.cases()))
    @rule(hours=st.integers(0, 200))
    def let_time_pass(self, hours: int) -> None:
        """The clock jumps; whatever is due runs out, in its order, and some of it twice."""
        self.now += timedelta(hours=hours)
        due = sorted((each.due_at, each.id, each.case_id) for case in self.cases() for each in self.clocks(case))
        for due_at, id_, case_id in due:
            if due_at and due_at <= self.now:
                for _ in range(2):
                    on_deadline(id_, self.desk.work(Cause(id_, self.now, str(case_id))), TERMS)

    @invariant()
    def every_open_case_has_one_owner(self) -> None:
        for case in self.cases():
            if case.is_ended:
                assert case.post_id is None
            elif case.state is CaseState.MERGED:
                survivor = self.desk.work().get(CASES, case.survivor_id)
                assert survivor and case.post_id is None and case.id in survivor.linked_to
                assert not survivor.is_ended and survivor.state is not CaseState.MERGED
            elif case.post_id is None:
                assert case.state is CaseState.ESCALATED
            else:
                active = case.assignments[-1]
                assert (active.post_id, active.declined_at) == (case.post_id, None)

    @invariant()
    def whoever_waits_has_a_clock(self) -> None:
        for case in self.cases():
            kinds = {each.kind.value for each in self.clocks(case)}
            if case.is_ended or case.state is CaseState.MERGED:
                assert kinds <= {"partner-answer"}
            elif case.state is CaseState.ASSIGNED:
                assert "to-be-accepted" in kinds
            elif case.state is CaseState.ESCALATED and case.escalations[-1].level is not EscalationLevel.NATIONAL:
                assert "to-be-placed" in kinds

    @invariant()
    def loads_are_the_cases_that_are_held(self) -> None:
        for post_id in POSTS_HERE:
            assert self.desk.work().get(LOADS, post_id) == sum(case.post_id == post_id for case in self.cases())

    @invariant()
    def nobody_is_given_by_rule_what_she_declined_or_what_is_the_other_side_of_hers(self) -> None:
        for case in self.cases():
            for n, each in enumerate(case.assignments):
                before = {one.iscg_id for one in case.assignments[:n] if one.declined_at}
                assert each.iscg_id not in before or each.explanation.rule is DecidingRule.COVER
                [chosen] = [one for one in each.explanation.candidates if one.post_id == each.post_id]
                assert not chosen.is_on_other_side or each.explanation.rule is DecidingRule.COVER

    @invariant()
    def what_is_said_is_what_happened(self) -> None:
        given = {each.assignment_id for each in self.desk.said(IscgAssigned)}
        assert given == {each.id for case in self.cases() for each in case.assignments}
        assert {each.assignment_id for each in self.desk.said(IscgAccepted)} <= given

    @invariant()
    def a_station_hears_a_beginning_before_and_nothing_after_the_end(self) -> None:
        for case in self.cases():
            words = [each.standing for each in self.desk.said(StandingChanged) if each.report_id == case.report_id]
            assert set(words) <= {Standing.TAKEN_IN_CHARGE, Standing.NOT_REACHABLE, Standing.CLOSED}
            assert words.count(Standing.CLOSED) == case.is_ended
            assert Standing.CLOSED not in words[:-1]


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
