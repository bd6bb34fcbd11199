"""What stands sealed inside the events of a case, and the small objects that several events share."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from shared.contracts.fields import Block
from shared.contracts.forms import Day, HourMinute, OpaqueCode, Several, UtcTime, Zone
from shared.contracts.person import Language
from shared.contracts.vocabulary import (
    AttemptOutcome,
    ClosureReason,
    ConsentHow,
    ContactChannel,
    CripAnswer,
    DecidingRule,
    DeclineReason,
    DurationBand,
    FaultCode,
    InterviewPlace,
    Need,
    NoticeChannel,
    PartnerAnswer,
    PartnerType,
    RecipientRole,
    Weekday,
)


class Channel(Block):
    """One way to tell somebody."""

    channel: NoticeChannel
    value: Annotated[str, StringConstraints(min_length=3, max_length=2048)]


class Quiet(Block):
    """When a recipient is not to be disturbed. Hours are local and may cross midnight."""

    from_: HourMinute = Field(alias="from")
    to: HourMinute
    zone: Zone


class SafeHours(Block):
    """When the person concerned may be written to (contact sûr): on these days, between these hours, until that day.

    Days and hours are local and may cross midnight; without days every day is safe, without hours every hour.
    """

    days: Several[Weekday] = ()
    from_: HourMinute | None = Field(default=None, alias="from")
    to: HourMinute | None = None
    zone: Zone
    valid_until: Day | None = None


class Recipient(Block):
    """Whom to tell (destinataire), by which ways in order, in which language.

    `quiet` are a professional's hours of rest, `safe` the only ones in which the person may be written to.
    """

    ref: OpaqueCode
    role: RecipientRole
    channels: tuple[Channel, ...]
    language: Language = "fr"
    quiet: Quiet | None = None
    safe: SafeHours | None = None


class Candidate(Block):
    """A post that was looked at for an assignment (poste), with the value of each criterion.

    `load` counts open cases, `weighted_load` is what they would be to a full-time post; `share` is in per cent of full
    time. `is_on_other_side`: she holds a case of another person of the same event.
    """

    post_id: OpaqueCode
    iscg_id: OpaqueCode
    covers_station: bool
    present_at: UtcTime | None = None
    is_present: bool
    load: int
    share: int = 100
    weighted_load: float = 0
    knows_person: bool = False
    is_on_other_side: bool = False
    has_declined: bool = False
    is_below_ceiling: bool = True
    speaks_language: bool = False


class Explanation(Block):
    """Why an ISCG was assigned: every candidate, and the rule that decided."""

    candidates: tuple[Candidate, ...]
    rule: DecidingRule


class ReferralFile(Block):
    """What kind of partner a case is referred to: that alone would name a social fact."""

    partner_type: PartnerType


class AbsencePeriod(Block):
    """When whoever fills a post is away (absence), first and last day, and which post covers for it."""

    first_day: Day
    last_day: Day
    covered_by: OpaqueCode | None = None


class Decline(Block):
    """Why an ISCG does not take a case: that alone could name a social fact."""

    reason: DeclineReason


class Agreed(Block):
    """How the person agreed to be written to (accord exprès)."""

    how: ConsentHow


class Attempt(Block):
    """How somebody tried to reach the person (tentative de contact), and what came of it."""

    channel: ContactChannel
    outcome: AttemptOutcome


class Held(Block):
    """Where and how long somebody saw or heard the person (entretien)."""

    place: InterviewPlace
    duration: DurationBand


class Closure(Block):
    """Why a case is closed (clôture), and what was answered about the CRIP (information préoccupante)."""

    reason: ClosureReason
    crip: CripAnswer
    crip_reason: Annotated[str, StringConstraints(min_length=3, max_length=500)] | None = None


_ONLY_SCHEDULED: JsonDict = {
    "if": {"properties": {"appointment_on": {"type": "string"}}, "required": ["appointment_on"]},
    "then": {"properties": {"answer": {"const": "scheduled"}}},
}


class Answered(Block):
    """What a partner has answered, and why: that alone could name a social fact.

    `appointment_on` is the day of the appointment, where one was made.
    """

    model_config = ConfigDict(json_schema_extra=_ONLY_SCHEDULED)

    answer: PartnerAnswer
    reason: Annotated[str, StringConstraints(min_length=3, max_length=200)] | None = None
    appointment_on: Day | None = None

    @model_validator(mode="after")
    def check_appointment(self) -> Self:
        """Only a scheduled appointment has a day."""
        if self.appointment_on is not None and self.answer is not PartnerAnswer.SCHEDULED:
            raise ValueError("only a scheduled appointment has a day")
        return self


class Needs(Block):
    """What a person was found to need (évaluation des besoins sociaux)."""

    needs: Several[Need]


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
