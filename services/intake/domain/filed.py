"""What intake keeps of a report: what it was told, what it answered, how it stands. Nothing of the person."""

from collections.abc import Mapping
from uuid import UUID

from shared.contracts.events import ReceiptIssued
from shared.contracts.fields import Block
from shared.contracts.forms import IntegratorCode
from shared.contracts.vocabulary import Standing

NEXT: Mapping[Standing, frozenset[Standing]] = {
    Standing.RECEIVED: frozenset({Standing.TAKEN_IN_CHARGE, Standing.NOT_REACHABLE, Standing.CLOSED}),
    Standing.TAKEN_IN_CHARGE: frozenset({Standing.NOT_REACHABLE, Standing.CLOSED}),
    Standing.NOT_REACHABLE: frozenset({Standing.TAKEN_IN_CHARGE, Standing.CLOSED}),
}
"""What a station may be told after what; nothing follows on closed, counted and rejected."""


class FiledReport(Block):
    """Fiche enregistrée. `fingerprint` tells the same content again, however it was sealed; a rejected one has none."""

    integrator: IntegratorCode
    report_id: UUID
    case_id: UUID
    revision: int | None = None
    standing: Standing
    receipt: ReceiptIssued
    fingerprint: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether this report occupies its id; a rejected one leaves it free."""
        return self.fingerprint is not None

    def can_become(self, standing: Standing) -> bool:
        """Whether its station may be told of this standing now: nothing final changes, nothing is told twice."""
        return standing in NEXT.get(self.standing, ())

    def stands(self, standing: Standing) -> "FiledReport":
        """The report in its new standing."""
        return self.model_copy(update={"standing": standing})
