"""Keeps a correction or withdrawal that came before its report, with nothing of the person in clear."""

from dataclasses import dataclass, replace
from functools import partial

import orjson

from services.intake.domain.filed import FiledReport, KeptEvent
from services.intake.domain.submission import Submission
from services.intake.reading import check_sealed, read_data
from shared.contracts.check import IN_CLEAR
from shared.contracts.events import ReportSubmitted, WithdrawalSubmitted
from shared.contracts.topics import station_reports
from shared.delivery.cause import Cause
from shared.delivery.record import Place, Record
from shared.vault.jwe import seal_for_intake
from shared.vault.ring import Ring

NOWHERE = -1
"""The partition of what stands in no partition: a record that we write ourselves."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Puts away and takes out again, sealed to the same keys as what stations seal: it is erased with them."""

    ring: Ring

    def keep(self, submission: Submission, trace: str | None = None) -> KeptEvent:
        """What is kept of a submission, and the trace under which it came."""
        if submission.withdrawal:
            data = orjson.dumps(submission.withdrawal.clear()).decode()
            return KeptEvent(type=WithdrawalSubmitted.type, data=data, trace=trace)
        assert submission.report  # noqa: S101
        clear, content = submission.report.clear, submission.report.content
        members = clear.clear()
        if clear.sealed == IN_CLEAR:
            opened = orjson.dumps(content.model_dump(mode="json", by_alias=True, exclude_none=True))
            members["sealed"] = seal_for_intake(self.ring.public(), opened)
        return KeptEvent(type=ReportSubmitted.type, data=orjson.dumps(members).decode(), trace=trace)

    def take_out(self, filed: FiledReport, kept: KeptEvent) -> Submission:
        """The submission as it was kept. Raises an `UnreadableJwe` where its key is destroyed."""
        receipt = filed.receipt
        blank = Submission(
            integrator=filed.integrator,
            place=None,
            event_id=None,
            sha256=receipt.sha256 or "",
            received_at=receipt.received_at,
            case_id=filed.case_id,
            fingerprint=filed.fingerprint or "",
        )
        return read_data(blank, kept.type, orjson.loads(kept.data), partial(check_sealed, ring=self.ring))

    def record(self, filed: FiledReport, kept: KeptEvent, cause: Cause) -> Record:
        """What is kept, as the record that a station would have sent: so it can be set aside and replayed."""
        place = Place(station_reports(filed.integrator).name, NOWHERE, cause.id.int >> 80)
        headers = {"ce_id": str(filed.receipt.event_id or cause.id), "ce_type": kept.type}
        if kept.trace:
            headers["traceparent"] = kept.trace
        return Record(
            place,
            round(filed.receipt.received_at.timestamp() * 1000),
            str(filed.report_id).encode(),
            kept.data.encode(),
            tuple((name, value.encode()) for name, value in headers.items()),
        )


def as_kept(submission: Submission, filed: FiledReport) -> Submission:
    """What was kept, set aside and replayed bears the digest of what the station sent, not of what we had put away."""
    is_the_same = filed.overdue and filed.fingerprint == submission.fingerprint
    return replace(submission, sha256=filed.receipt.sha256 or "") if is_the_same else submission
