"""What referral does when something happens: a report is accepted, corrected, withdrawn; a station is known."""

from functools import partial
from uuid import UUID, uuid5

from services.referral import clocks
from services.referral.domain import facts
from services.referral.domain.case import Case, NoSuchCase, open_case
from services.referral.domain.consent import may_be_told
from services.referral.domain.dossier import Dossier
from services.referral.domain.partners import partners_to_tell
from services.referral.domain.referrals import Referral
from services.referral.domain.states import CaseState, Step
from services.referral.domain.stations import KnownStation
from services.referral.domain.terms import Terms
from services.referral.ending import end_case
from services.referral.parting import part
from services.referral.placing import keep_marks, place
from services.referral.referring import directory_of, refer
from services.referral.saying import say
from services.referral.store import (
    CASES,
    COORDINATORS,
    DOSSIERS,
    MARKS,
    STATIONS,
    TERRITORIES,
    around_case,
    duplicates_of,
    known_case,
)
from services.referral.telling import holders_to_tell
from services.referral.views import (
    KNOWN,
    LOADS,
    NONE,
    OF_THE_EVENT,
    PARTNERS_IN,
    POSTS_AT,
    Marked,
    holding_of,
    names_of,
)
from shared.contracts.days import day_there
from shared.contracts.events import (
    ContactStopped,
    ReportAccepted,
    ReportCorrected,
    ReportWithdrawn,
    StationClosed,
    StationRegistered,
)
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import DeadlineKind, SetAsideReason
from shared.delivery.book import Book, Refusals
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work

NO_SUCH_CASE: Refusals = {NoSuchCase: SetAsideReason.UNKNOWN_SUBJECT}


def book_of(terms: Terms) -> Book:
    """The handlers of this service, under the deadlines that its operator has set."""
    book = Book()
    # The contact is of no use here; but one that does not open must raise the alarm now, not at the first look.
    book.on(ReportAccepted, needs=looked_at, opens=("contact", "file"))(partial(on_report_accepted, terms=terms))
    book.on(ReportCorrected, needs=looked_at, opens=("contact", "file"), refuses=NO_SUCH_CASE)(
        partial(on_report_corrected, terms=terms)
    )
    book.on(ReportWithdrawn, needs=looked_at_to_end, refuses=NO_SUCH_CASE)(partial(on_report_withdrawn, terms=terms))
    book.on(ContactStopped, needs=lambda _event, cause: [(CASES, cause.subject)], refuses=NO_SUCH_CASE)(
        on_contact_stopped
    )
    book.on(StationRegistered, needs=lambda event, _: [(STATIONS, event.station)])(on_station_registered)
    book.on(StationClosed, needs=lambda event, _: [(STATIONS, event.station)])(on_station_closed)
    return book


def looked_at(report: ReportAccepted | ReportCorrected, _cause: Cause) -> list[Key]:
    """All that is known before it is decided, and all that is written in any case: asked for at once."""
    case_id, departement = str(report.case_id), report.departement
    of_the_case: list[Key] = [(CASES, case_id), (DOSSIERS, case_id), (MARKS, case_id)]
    accept_by = clocks.keys_of(report.case_id, DeadlineKind.TO_BE_ACCEPTED, 1)
    there: list[Key] = [(POSTS_AT, report.station), (TERRITORIES, departement), (PARTNERS_IN, departement)]
    held: list[Key] = [(LOADS, post.id) for post in POSTS_AT.guess(report.station) or ()]
    others: list[Key] = [(OF_THE_EVENT, str(report.report_id)), *((KNOWN, name) for name in names_of(report.file))]
    return [*of_the_case, *there, *held, (COORDINATORS, departement), *others, *accept_by]


def looked_at_to_end(report: ReportWithdrawn, _cause: Cause) -> list[Key]:
    """What is looked at to end a case whose first clocks still run."""
    if report.case_id is None:
        return []
    return [*around_case(report.case_id), *clocks.at_first_acceptance(report.case_id)]


def on_report_accepted(report: ReportAccepted, work: Work, terms: Terms) -> None:
    """Open the case, get it to an ISCG or at least to the coordinator, and tell the partners who may be told."""
    if work.get(CASES, report.case_id):
        return
    case = open_case(report)
    work.put(DOSSIERS, case.id, Dossier().corrected(report.revision, work.cause.sealed))
    keep_marks(case.id, report.file, work)
    say(facts.opened(case), case, work)
    case = place(case, report.file, work, terms)
    _make_known(case, report.file, work)
    if report.file:
        case = _refer(case, report.file, work, terms)
    work.put(CASES, case.id, case)


def on_report_corrected(report: ReportCorrected, work: Work, terms: Terms) -> None:
    """What the station says now replaces what it said. A person who refuses now is left in peace.

    Whoever holds the case keeps it. Raises `NoSuchCase`.
    """
    case = known_case(report.case_id, work)
    dossier = (work.get(DOSSIERS, case.id) or Dossier()).corrected(report.revision, work.cause.sealed)
    work.put(DOSSIERS, case.id, dossier)
    keep_marks(case.id, report.file, work)
    if case.is_ended:
        return
    case = case.corrected(report).related(report.file.related_to if report.file else ())
    if report.file and not report.file.may_be_contacted():
        case = end_case(case, Step.WITHDRAW, work)
    else:
        say(facts.corrected(case, report.revision, dossier, holders_to_tell(case, work)), case, work)
        if case.state is CaseState.ASSIGNED:
            _hurry(case, report, work, terms)
    work.put(CASES, case.id, case)


def on_report_withdrawn(report: ReportWithdrawn, work: Work, terms: Terms) -> None:
    """The station has taken its report back: its case, if one was opened, is cancelled. Raises `NoSuchCase`.

    Reports of others that were merged into it were not taken back: somebody must see to them again.
    """
    if report.case_id is None:
        return
    case = known_case(report.case_id, work)
    if case.is_ended:
        return
    duplicates = duplicates_of(case, work)
    work.put(CASES, case.id, end_case(case, Step.CANCEL, work))
    for each in duplicates:
        work.put(CASES, each.id, part(each, None, work, terms))


def on_contact_stopped(event: ContactStopped, work: Work) -> None:
    """Nothing more can leave towards the person: whoever asked for it sees that on her case. Raises `NoSuchCase`."""
    case = known_case(UUID(work.cause.subject), work)
    quiet = case.quiet_since(event.stop_id, work.cause.at)
    if quiet is not case:
        work.put(CASES, case.id, quiet)


def on_station_registered(event: StationRegistered, work: Work) -> None:
    """Know a station, or know it better."""
    members = {name: getattr(event, name) for name in ("force", "departement", "commune", "zone")}
    work.put(STATIONS, event.station, KnownStation(station=event.station, **members))


def on_station_closed(event: StationClosed, work: Work) -> None:
    """A station reports no more; its cases go on."""
    known = work.get(STATIONS, event.station)
    if known:
        work.put(STATIONS, event.station, known.model_copy(update={"closed": True}))


def _hurry(case: Case, report: ReportCorrected, work: Work, terms: Terms) -> None:
    """The assignment that nobody has accepted yet must be accepted by what its urgency asks now, and no later."""
    kind, n = DeadlineKind.TO_BE_ACCEPTED, len(case.assignments)
    accept_by = clocks.due_at(case, kind, report.received_at, work, terms)
    if (running := clocks.runs_until(case.id, kind, n, work)) and accept_by < running:
        clocks.begin(case, kind, n, report.received_at, accept_by, work=work)


def _make_known(case: Case, file: CaseFile | None, work: Work) -> None:
    """Whoever is accepted next in this unit of work may be this person, or another person of this event."""
    for name in names_of(file):
        work.put(KNOWN, name, (work.get(KNOWN, name) or Marked()).and_one(case))
    if not case.assignments:
        return
    holding = holding_of(case)
    for id_ in (case.report_id, *case.related_to):
        work.put(OF_THE_EVENT, id_, (*(work.get(OF_THE_EVENT, id_) or NONE), holding))


def _refer(case: Case, file: CaseFile, work: Work, terms: Terms) -> Case:
    directory = directory_of(case.departement, work)
    today = day_there(case.received_at, case.zone)
    for n, partner in enumerate(partners_to_tell(file, directory, today)):
        on_consent = may_be_told(file.model_copy(update={"legal_ground": None}), partner.type, today)
        ground = None if on_consent else file.legal_ground
        id_, answer_by = uuid5(work.cause.id, f"referral/referral/{n}"), case.received_at + terms.answer_within
        case = refer(case, Referral(id=id_, partner_id=partner.id, ground=ground, answer_by=answer_by), partner, work)
    return case
