"""What intake keeps of a report: what it was told, what it answered, how it stands. Nothing of the person."""

from uuid import UUID

from shared.contracts.events import ReceiptIssued
from shared.contracts.fields import Block
from shared.contracts.forms import IntegratorCode
from shared.contracts.vocabulary import Standing

FINAL = frozenset({Standing.CLOSED, Standing.COUNTED})


class FiledReport(Block):
    """Fiche reçue. `fingerprint` tells the same content again, however it was sealed; a rejected report has none."""

    integrator: IntegratorCode
    report_id: UUID
    case_id: UUID
    revision: int
    standing: Standing
    receipt: ReceiptIssued
    fingerprint: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether this report occupies its id; a rejected one leaves it free."""
        return self.fingerprint is not None

    def can_become(self, standing: Standing) -> bool:
        """Whether its station may be told of this standing now: nothing final changes, nothing is told twice."""
        return self.is_taken and self.standing not in FINAL and self.standing != standing
