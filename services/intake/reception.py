"""Where whatever a station hands in is decided about, filed, told to the others, and answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from services.intake.domain import facts
from services.intake.domain.filed import FiledReport, KeptEvent
from services.intake.domain.presence import next_presence
from services.intake.domain.receipt import Sign, naming, receipt_of
from services.intake.domain.receiving import (
    FIRST,
    Accepted,
    Corrected,
    Counted,
    Kept,
    Rejected,
    Repeated,
    Verdict,
    Withdrawn,
    judge,
    standing_after,
)
from services.intake.domain.submission import Submission
from services.intake.keeping import Keeper, as_kept
from services.intake.store import INTEGRATORS, PRESENCES, REPORTS, STATIONS
from shared.contracts.blocks import Opening
from shared.contracts.events import ReceiptIssued
from shared.contracts.topics import station_receipts
from shared.contracts.vocabulary import SetAsideReason, Standing
from shared.delivery.shelf import Key
from shared.delivery.unit import Work
from shared.vault.jwe import UnreadableJwe

KEPT_FOR = timedelta(days=1)
"""So long a correction or withdrawal waits for its report before people are asked to look at it."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What intake decides with: the signature under its receipts, and where it keeps what came too early."""

    sign: Sign
    keeper: Keeper

    def receive(self, submission: Submission, work: Work) -> tuple[Verdict | Repeated, ReceiptIssued]:
        """What is decided about a submission, and the receipt that its station is sent."""
        filed = _filed(submission, work)
        if filed:
            submission = as_kept(submission, filed)
        verdict = look_at(submission, work)
        if isinstance(verdict, Repeated):
            return verdict, _answer(verdict.receipt, submission, work)
        presence = _next_presence(submission, work)
        receipt = receipt_of(submission, verdict, standing_after(verdict, filed), presence, self.sign)
        if not (filed and _stands_against(filed, verdict, submission)):
            self._file(submission, verdict, receipt, work)
        _tell(submission, verdict, work)
        answered = _answer(receipt, submission, work)
        if filed and filed.kept and submission.revision == FIRST:
            self._catch_up(filed, filed.kept, work)
        return verdict, answered

    def set_aside_overdue(self, identity: str, work: Work) -> None:
        """The report that a kept correction or withdrawal waits for has not come in time: people must look."""
        filed = work.get(REPORTS, identity)
        if filed and filed.kept:
            work.put(REPORTS, identity, filed.not_waited_for())
            work.set_aside(self.keeper.record(filed, filed.kept, work.cause), SetAsideReason.REPORT_MISSING)

    def _catch_up(self, filed: FiledReport, kept: KeptEvent, work: Work) -> None:
        """What was kept follows on its report; whoever handed it in gets its last receipt."""
        try:
            submission = self.keeper.take_out(filed, kept)
        except UnreadableJwe:
            work.set_aside(self.keeper.record(filed, kept, work.cause), SetAsideReason.SEALED_UNREADABLE)
            return
        self.receive(submission, work)

    def _file(self, submission: Submission, verdict: Verdict, receipt: ReceiptIssued, work: Work) -> None:
        if submission.report_id is None or submission.case_id is None:
            return
        is_kept, has_case = isinstance(verdict, Kept), isinstance(verdict, Accepted | Corrected)
        # What is corrected after its case has ended is compared with nothing any more.
        is_compared = has_case and receipt.standing is not Standing.CLOSED
        filed = FiledReport(
            integrator=submission.integrator,
            report_id=submission.report_id,
            case_id=submission.case_id,
            revision=submission.revision,
            standing=receipt.standing or Standing.RECEIVED,
            receipt=receipt,
            fingerprint=None if isinstance(verdict, Rejected) else submission.fingerprint,
            kept=self.keeper.keep(submission, work.cause.trace) if is_kept else None,
            due_at=work.cause.at + KEPT_FOR if is_kept else None,
            withdrawn=isinstance(verdict, Withdrawn),
            role=submission.role if is_compared else None,
            contact_mark=submission.contact_mark if is_compared else None,
        )
        work.put(REPORTS, submission.identity, filed)


def look_at(submission: Submission, work: Work) -> Verdict | Repeated:
    """What would be decided about a submission; nothing is kept or said."""
    station = work.get(STATIONS, submission.station) if submission.station else None
    related = [each for identity in submission.related if (each := work.get(REPORTS, identity))]
    integrator = work.get(INTEGRATORS, submission.integrator)
    return judge(submission, _filed(submission, work), station, integrator, related)


def looked_at(submission: Submission) -> Iterable[Key]:
    """The keys of all that is looked at to decide about a submission."""
    yield INTEGRATORS, submission.integrator
    if submission.identity:
        yield REPORTS, submission.identity
    for identity in submission.related:
        yield REPORTS, identity
    if submission.station:
        yield STATIONS, submission.station
        yield PRESENCES, submission.station


def _next_presence(submission: Submission, work: Work) -> Opening | None:
    presence = work.get(PRESENCES, submission.station) if submission.station else None
    return next_presence(presence.openings, submission.received_at) if presence else None


def _filed(submission: Submission, work: Work) -> FiledReport | None:
    return work.get(REPORTS, submission.identity) if submission.identity else None


def _stands_against(filed: FiledReport, verdict: Verdict, submission: Submission) -> bool:
    """Whether what is filed outlasts a rejection: it does, unless the very report that was waited for is rejected."""
    is_awaited = filed.kept is not None and submission.revision == FIRST
    return isinstance(verdict, Rejected) and filed.fingerprint is not None and not is_awaited


def _tell(submission: Submission, verdict: Verdict, work: Work) -> None:
    of, case_id = (REPORTS, submission.identity) if submission.identity else None, submission.case_id
    match verdict:
        case Accepted():
            work.say(facts.accepted(submission, verdict), case_id, of=of, correlation=case_id)
        case Counted():
            # A station's counts are a stream of their own: nothing in it may lead to a person.
            work.say(facts.counted(submission, verdict), verdict.station.code)
        case Corrected():
            work.say(facts.corrected(submission, verdict), case_id, of=of, correlation=case_id)
        case Withdrawn():
            work.say(facts.withdrawn(submission, verdict), case_id, of=of, correlation=case_id)
        case Rejected():
            work.say(facts.rejected(submission, verdict), case_id or work.cause.id, of=of, correlation=case_id)


def _answer(receipt: ReceiptIssued, submission: Submission, work: Work) -> ReceiptIssued:
    of = (REPORTS, submission.identity) if submission.identity else None
    topic, report_id = station_receipts(submission.integrator).name, submission.report_id
    named = naming(receipt, submission)
    work.say(named, report_id or work.cause.id, of=of, topic=topic, correlation=report_id)
    return named
