"""What stands sealed inside the events of a case, and the small objects that several events share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.fields import Block
from shared.contracts.forms import HourMinute, OpaqueCode, UtcTime, Zone
from shared.contracts.person import Language
from shared.contracts.vocabulary import DecidingRule, FaultCode, NoticeChannel, PartnerType, RecipientRole


class Channel(Block):
    """One way to tell somebody."""

    channel: NoticeChannel
    value: Annotated[str, StringConstraints(min_length=3, max_length=2048)]


class Quiet(Block):
    """When a recipient is not to be disturbed. Hours are local and may cross midnight."""

    from_: HourMinute = Field(alias="from")
    to: HourMinute
    zone: Zone


class Recipient(Block):
    """Whom to tell (destinataire), by which ways in order, in which language."""

    ref: OpaqueCode
    role: RecipientRole
    channels: tuple[Channel, ...]
    language: Language = "fr"
    quiet: Quiet | None = None


class Candidate(Block):
    """A post that was looked at for an assignment (poste), with the value of each criterion."""

    post_id: OpaqueCode
    iscg_id: OpaqueCode
    covers_station: bool
    present_at: UtcTime | None = None
    is_present: bool
    load: int


class Explanation(Block):
    """Why an ISCG was assigned: every candidate, and the rule that decided."""

    candidates: tuple[Candidate, ...]
    rule: DecidingRule


class ReferralFile(Block):
    """What kind of partner a case is referred to: that alone would name a social fact."""

    partner_type: PartnerType


class Opening(Block):
    """An ISCG sits at the station between these times (permanence)."""

    opens_at: UtcTime
    closes_at: UtcTime


class StreamPlace(Block):
    """Where a record stands on Kafka."""

    topic: str
    partition: int
    offset: int


class Fault(Block):
    """What is wrong with a report: where (RFC 6901) and what, never the value that stands there."""

    pointer: str
    code: FaultCode
