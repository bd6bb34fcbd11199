"""The answer to a station."""

from typing import Any
from uuid import UUID

from shared.contracts.blocks import Fault, Opening, StreamPlace
from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import Sha256Hex, UtcTime
from shared.contracts.vocabulary import Helpline, Outcome, ReceiptWarning, RejectReason, Standing

UNSIGNED = frozenset({"record", "event_id", "jws"})


class ReceiptIssued(Event, family="station"):
    """A station got its answer (accusé de réception): what became of its report, and whom to call meanwhile.

    `record` and `event_id` name the record that is answered; a repeat is answered with the same signed members.
    An absent `next_presence` means: not known.
    """

    record: Routed[StreamPlace | None] = None
    event_id: Routed[UUID | None] = None
    report_id: Routed[UUID | None] = None
    revision: Routed[int | None] = None
    outcome: Routed[Outcome]
    reason: Routed[RejectReason | None] = None
    standing: Routed[Standing | None] = None
    faults: Routed[tuple[Fault, ...]] = ()
    warnings: Routed[tuple[ReceiptWarning, ...]] = ()
    sha256: Routed[Sha256Hex | None] = None
    received_at: Routed[UtcTime]
    next_presence: Routed[Opening | None] = None
    numbers: Routed[tuple[Helpline, ...]] = ()
    jws: Routed[str | None] = None

    def signed_members(self) -> dict[str, Any]:
        """What the signature covers, ready for its RFC 8785 form: all members on the wire but `UNSIGNED`."""
        return {name: value for name, value in self.clear().items() if name not in UNSIGNED}
