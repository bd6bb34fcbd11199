"""Says by HTTP what was decided about a report: with its receipt, or as a problem that names every fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from services.intake.domain.receipt import OUTCOMES
from services.intake.domain.receiving import Kept, Rejected, Repeated, warnings
from services.intake.http.desk import Decided
from shared.contracts.sentences import explained
from shared.contracts.vocabulary import RejectReason
from shared.web.problems import (
    INVALID,
    REPORT_ID_REUSED,
    STALE_REPORT,
    STATION_NOT_ALLOWED,
    TOO_LARGE,
    UNKNOWN_STATION,
    Kind,
    Problem,
)

KINDS: Mapping[RejectReason, Kind] = {
    RejectReason.INVALID: INVALID,
    RejectReason.TOO_LARGE: TOO_LARGE,
    RejectReason.UNKNOWN_STATION: UNKNOWN_STATION,
    RejectReason.STATION_NOT_ALLOWED: STATION_NOT_ALLOWED,
    RejectReason.REPORT_ID_REUSED: REPORT_ID_REUSED,
    RejectReason.STALE_REVISION: STALE_REPORT,
}
"""How each reason to reject a report is said."""
STATUSES = {Repeated: 200, Kept: 202}
"""Of what is not stored as a new fact; all else that is taken is 201."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one event: alone it is a response, in a batch one element."""

    status: int
    members: Mapping[str, Any]
    location: str | None = None

    def response(self) -> Response:
        """The answer as a response of its own."""
        return JSONResponse(self.members, self.status, {"location": self.location} if self.location else None)


def taken(decided: Decided) -> Answer:
    """201 with the receipt, 200 where it is a repeat, 202 where it waits for its report.

    Raises the `Problem` that says why a report was rejected.
    """
    _check_not_rejected(decided)
    location = f"/v1/reports/{decided.submission.report_id}"
    return Answer(STATUSES.get(type(decided.verdict), 201), _receipt(decided), location)


def checked(decided: Decided) -> Answer:
    """200 with what would become of the report. Raises the `Problem` that says why it would be rejected."""
    _check_not_rejected(decided)
    outcome = "repeated" if isinstance(decided.verdict, Repeated) else OUTCOMES[type(decided.verdict)]
    return Answer(200, {"outcome": outcome, "warnings": list(warnings(decided.submission))})


def one_of_many(index: int, answer: Answer | Problem) -> dict[str, Any]:
    """One element of the answer to a batch."""
    if isinstance(answer, Answer):
        return {"index": index, "status": answer.status, "answer": answer.members}
    return {"index": index, "status": answer.kind.status, "problem": answer.document()}


def _check_not_rejected(decided: Decided) -> None:
    if not isinstance(decided.verdict, Rejected):
        return
    members: dict[str, Any] = {"reason": decided.verdict.reason}
    if faults := decided.verdict.faults:
        members["faults"] = explained(fault.model_dump(mode="json") for fault in faults)
    if decided.receipt:
        members["receipt"] = _receipt(decided)
    raise Problem(KINDS.get(decided.verdict.reason, INVALID), members=members)


def _receipt(decided: Decided) -> dict[str, Any]:
    return decided.receipt.clear() if decided.receipt else {}
