"""What referral does when something happens: a report is accepted, a deadline runs out."""

from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from services.referral.domain import facts
from services.referral.domain.assignment import Chosen, Nobody, choose
from services.referral.domain.case import Case, CaseState, Dossier, Escalation, NoSuchCase, open_case
from services.referral.domain.deadlines import Deadline, Terms, acceptance_deadline, acceptance_id
from services.referral.domain.partners import Referral, partners_to_tell
from services.referral.domain.stations import KnownStation
from services.referral.store import (
    CASES,
    COORDINATORS,
    DEADLINES,
    DOSSIERS,
    LOADS,
    PARTNERS_IN,
    POSTS_AT,
    STATIONS,
)
from shared.contracts.event import Event
from shared.contracts.events import ReportAccepted, ReportCorrected, ReportWithdrawn, StationClosed, StationRegistered
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import EscalationReason, Standing
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work


def book_of(terms: Terms) -> Book:
    """The handlers of this service, under the deadlines that its operator has set."""
    book = Book()
    # The contact is of no use here; but one that does not open must raise the alarm now, not at the first look.
    book.on(ReportAccepted, needs=_looked_at, opens=("contact", "file"))(partial(on_report_accepted, terms=terms))
    book.on(ReportCorrected, needs=_looked_at, opens=("contact", "file"))(partial(on_report_corrected, terms=terms))
    book.on(ReportWithdrawn)(on_report_withdrawn)
    book.on(StationRegistered, needs=lambda event, _: [(STATIONS, event.station)])(on_station_registered)
    book.on(StationClosed, needs=lambda event, _: [(STATIONS, event.station)])(on_station_closed)
    return book


def _looked_at(report: ReportAccepted | ReportCorrected, _cause: Cause) -> list[Key]:
    case_id, departement = str(report.case_id), report.departement
    of_the_case: list[Key] = [(CASES, case_id), (DOSSIERS, case_id)]
    return [*of_the_case, (POSTS_AT, report.station), (COORDINATORS, departement), (PARTNERS_IN, departement)]


def on_report_accepted(report: ReportAccepted, work: Work, terms: Terms) -> None:
    """Open the case, get it to an ISCG or at least to the coordinator, and tell the partners who may be told."""
    if work.get(CASES, report.case_id):
        return
    case = open_case(report)
    work.put(DOSSIERS, case.id, Dossier(**work.cause.sealed))
    say(facts.opened(case), case, work)
    case = _find_iscg(case, work, terms)
    if report.file:
        case = _refer(case, report.file, work, terms)
    work.put(CASES, case.id, case)


def on_report_corrected(report: ReportCorrected, work: Work, terms: Terms) -> None:
    """What the station says now replaces what it said. A person who refuses now is left in peace.

    Whoever holds the case keeps it. Raises `NoSuchCase`.
    """
    case = _known(report.case_id, work)
    work.put(DOSSIERS, case.id, Dossier(**work.cause.sealed))
    if case.is_ended:
        return
    case = case.corrected(report)
    if report.file and not report.file.may_be_contacted():
        case = end_case(case, CaseState.WITHDRAWN, work)
    elif case.state is CaseState.ASSIGNED:
        _hurry(case, _accept_by(case, terms, report.received_at), work)
    work.put(CASES, case.id, case)


def on_report_withdrawn(report: ReportWithdrawn, work: Work) -> None:
    """The station has taken its report back: its case, if one was opened, is cancelled. Raises `NoSuchCase`."""
    if report.case_id is None:
        return
    case = _known(report.case_id, work)
    if not case.is_ended:
        work.put(CASES, case.id, end_case(case, CaseState.CANCELLED, work))


def on_station_registered(event: StationRegistered, work: Work) -> None:
    """Know a station, or know it better."""
    members = {name: getattr(event, name) for name in ("force", "departement", "commune", "zone")}
    work.put(STATIONS, event.station, KnownStation(station=event.station, **members))


def on_station_closed(event: StationClosed, work: Work) -> None:
    """A station reports no more; its cases go on."""
    known = work.get(STATIONS, event.station)
    if known:
        work.put(STATIONS, event.station, known.model_copy(update={"closed": True}))


def end_case(case: Case, state: CaseState, work: Work) -> Case:
    """Nobody has to do anything any more: no clock runs, and the station sees the case closed."""
    for n in range(1, len(case.assignments) + 1):
        end_deadline(acceptance_id(case.id, n), work)
    if case.post_id:
        work.put(LOADS, case.post_id, (work.get(LOADS, case.post_id) or 1) - 1)
    say(facts.standing_changed(case, Standing.CLOSED), case, work)
    return case.ended(state)


def _known(case_id: UUID, work: Work) -> Case:
    case = work.get(CASES, case_id)
    if case is None:
        raise NoSuchCase
    return case


def _accept_by(case: Case, terms: Terms, received_at: datetime) -> datetime:
    return terms.accept_by(case.urgency, received_at, case.departement, case.zone)


def _hurry(case: Case, accept_by: datetime, work: Work) -> None:
    """The assignment that nobody has accepted yet must be accepted by then."""
    deadline = work.get(DEADLINES, id_ := acceptance_id(case.id, len(case.assignments)))
    if deadline:
        work.put(DEADLINES, id_, deadline.not_after(accept_by))


def on_deadline(deadline_id: UUID, work: Work) -> None:
    """The time to accept has run out: the coordinator is told, unless somebody has accepted meanwhile."""
    deadline = end_deadline(deadline_id, work)
    case = work.get(CASES, deadline.case_id) if deadline else None
    if deadline and case and case.is_unaccepted(deadline.assignment_id):
        reason, at = EscalationReason.NOT_ACCEPTED, work.cause.at
        escalation = Escalation(reason=reason, escalated_at=at, assignment_id=deadline.assignment_id)
        work.put(CASES, case.id, _escalate(case, escalation, work))


def end_deadline(deadline_id: UUID, work: Work) -> Deadline | None:
    """Let a deadline run no more. It is returned if it was still running."""
    deadline = work.get(DEADLINES, deadline_id)
    if deadline is None or deadline.due_at is None:
        return None
    work.put(DEADLINES, deadline_id, deadline.ended())
    return deadline


def say(event: Event, case: Case, work: Work) -> None:
    """Say a fact of this case."""
    work.say(event, case.id, of=(CASES, case.id), correlation=case.id)


def _find_iscg(case: Case, work: Work, terms: Terms) -> Case:
    posts = work.get(POSTS_AT, case.station) or ()
    loads = {post.id: work.get(LOADS, post.id) or 0 for post in posts}
    accept_by = _accept_by(case, terms, case.received_at)
    found = choose(case.station, posts, loads, case.received_at, accept_by)
    if isinstance(found, Nobody):
        reason, at = EscalationReason.NOBODY, work.cause.at
        return _escalate(case, Escalation(reason=reason, escalated_at=at, candidates=found.candidates), work)
    work.put(LOADS, found.post.id, loads[found.post.id] + 1)
    return _assign(case, found, accept_by, work)


def _assign(case: Case, chosen: Chosen, accept_by: datetime, work: Work) -> Case:
    assignment = chosen.assignment(uuid5(work.cause.id, "referral/assignment/0"), work.cause.at)
    say(facts.assigned(case, assignment, chosen.post), case, work)
    deadline = acceptance_deadline(case.id, 1, assignment.id, accept_by, work.cause.trace)
    work.put(DEADLINES, deadline.id, deadline)
    return case.assigned(assignment)


def _escalate(case: Case, escalation: Escalation, work: Work) -> Case:
    say(facts.escalated(case, escalation, work.get(COORDINATORS, case.departement)), case, work)
    return case.escalated(escalation)


def _refer(case: Case, file: CaseFile, work: Work, terms: Terms) -> Case:
    directory = work.get(PARTNERS_IN, case.departement) or ()
    for n, partner in enumerate(partners_to_tell(file, directory, case.received_at)):
        id_ = uuid5(work.cause.id, f"referral/referral/{n}")
        referral = Referral(id=id_, answer_by=case.received_at + terms.answer_within)
        say(facts.referred(case, referral, partner), case, work)
        case = case.referred(referral)
    return case
