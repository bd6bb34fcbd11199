"""What intake keeps of a report: what it was told, what it answered, how it stands. Nothing of the person."""

from collections.abc import Mapping
from uuid import UUID

from shared.contracts.events import ReceiptIssued
from shared.contracts.fields import Block
from shared.contracts.forms import IntegratorCode, UtcTime
from shared.contracts.vocabulary import Role, Standing

NEXT: Mapping[Standing, frozenset[Standing]] = {
    Standing.RECEIVED: frozenset({Standing.TAKEN_IN_CHARGE, Standing.NOT_REACHABLE, Standing.CLOSED}),
    Standing.TAKEN_IN_CHARGE: frozenset({Standing.NOT_REACHABLE, Standing.CLOSED}),
    Standing.NOT_REACHABLE: frozenset({Standing.TAKEN_IN_CHARGE, Standing.CLOSED}),
}
"""What a station may be told after what; nothing follows on closed, counted and rejected."""


class KeptEvent(Block):
    """A correction or a withdrawal that came before its report: its type, and its data with the content sealed.

    `trace` is the `traceparent` under which it came.
    """

    type: str
    data: str
    trace: str | None = None


class FiledReport(Block):
    """Fiche enregistrée, in its latest revision. `fingerprint` tells the same content again, however it was sealed.

    A rejected one has no fingerprint. One of which only a correction or withdrawal has come is `kept`, until `due_at`;
    from then on it is `overdue`: nobody waits for the report any more. `contact_mark` tells the same contact again, and
    not the contact; `role` is that of the person concerned. Both end with the case: nobody compares them any more.
    """

    integrator: IntegratorCode
    report_id: UUID
    case_id: UUID
    revision: int | None = None
    standing: Standing
    receipt: ReceiptIssued
    fingerprint: str | None = None
    kept: KeptEvent | None = None
    due_at: UtcTime | None = None
    overdue: bool = False
    withdrawn: bool = False
    role: Role | None = None
    contact_mark: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether this report occupies its id; a rejected one leaves it free."""
        return self.fingerprint is not None and self.kept is None and not self.overdue

    @property
    def has_case(self) -> bool:
        """Whether a case was opened for it."""
        return self.is_taken and self.standing is not Standing.COUNTED and not self.withdrawn

    def can_become(self, standing: Standing) -> bool:
        """Whether its station may be told of this standing now: nothing final changes, nothing is told twice."""
        return standing in NEXT.get(self.standing, ())

    def stands(self, standing: Standing) -> "FiledReport":
        """The report in its new standing. Nothing that tells a person's contact again outlives her case."""
        ended = {"role": None, "contact_mark": None} if standing is Standing.CLOSED else {}
        return self.model_copy(update={"standing": standing, **ended})

    def not_waited_for(self) -> "FiledReport":
        """The report that a kept correction or withdrawal waited for has not come in time."""
        return self.model_copy(update={"kept": None, "due_at": None, "overdue": True})
