"""What a station sends so that a person in distress is reached (fiche de saisine): a clear part and a sealed one."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from shared.contracts.event import Event
from shared.contracts.fields import Block, Routed
from shared.contracts.forms import CanonicalUuid, OneOrMore, OpaqueCode, Several, Sha256Hex, StationCode, UtcTime
from shared.contracts.person import Name, Person, PersonOnFile, SafeContact
from shared.contracts.vocabulary import (
    ActKind,
    AgeBand,
    Category,
    ConsentAnswer,
    LegalGround,
    Origin,
    PartnerType,
    Urgency,
    WithdrawalReason,
)

LARGEST_REPORT = 256 * 1024
"""Bytes of a report's body, at both doors; a larger one is rejected as `too-large`."""

CompactJwe = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$")]
Revision = Annotated[StrictInt, Field(ge=1, le=9999)]
LaterRevision = Annotated[StrictInt, Field(ge=2, le=9999)]


class ReportSubmitted(Event, family="station"):
    """A station hands a report in (fiche de saisine): in clear only what routing needs, all else in one JWE.

    `sealed` may be routed because that text itself is a ciphertext.
    """

    report_id: Routed[CanonicalUuid]
    revision: Routed[Revision]
    station: Routed[StationCode]
    taken_at: Routed[UtcTime]
    urgency: Routed[Urgency]
    test: Routed[StrictBool] = False
    sealed: Routed[CompactJwe]


class WithdrawalSubmitted(Event, family="station", said="report-withdrawn"):
    """A station takes a report back that it should not have sent (retrait). Its revision is the report's next one."""

    report_id: Routed[CanonicalUuid]
    revision: Routed[LaterRevision]
    station: Routed[StationCode]
    withdrawn_at: Routed[UtcTime]
    reason: Routed[WithdrawalReason]


class Act(Block):
    """What was written down before (acte): a complaint, a log entry, a report of an intervention, or nothing."""

    kind: ActKind
    reference: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class Minors(Block):
    """Children who were there or are exposed (mineurs)."""

    count: Annotated[StrictInt, Field(ge=0, le=30)]
    age_bands: Several[AgeBand] = ()
    witnessed: StrictBool | None = None


class DangerGrid(Block):
    """How grave the danger was judged (grille d'évaluation): 23 questions, 5 of them red. Counts, never answers."""

    version: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    yes: Annotated[StrictInt, Field(ge=0, le=23)]
    red: Annotated[StrictInt, Field(ge=0, le=5)]


class Contact(Block):
    """Who the person is and how to reach her. Referral and notification may open it."""

    name: Name | None = None
    safe_contact: SafeContact | None = None


class ReportedFacts(Block):
    """What a report says, but name and contact."""

    act: Act
    origin: Origin
    facts_at: UtcTime | None = None
    officer: OpaqueCode
    categories: OneOrMore[Category]
    penal: StrictBool
    persons: Several[PersonOnFile]
    minors: Minors | None = None
    danger_grid: DangerGrid | None = None
    legal_ground: LegalGround | None = None
    related_to: Several[CanonicalUuid] = ()
    partners_asked: Several[PartnerType] = ()
    note: Annotated[str, StringConstraints(max_length=500)] | None = None

    def may_be_contacted(self) -> bool:
        """Whether an ISCG may turn to the person: she agreed, was not asked yet, or a ground overrides her refusal."""
        consents = (person.consent for person in self.persons if person.concerned)
        has_refused = any(each and each.contact_by_iscg is ConsentAnswer.REFUSED for each in consents)
        return not has_refused or self.legal_ground is not None


class KnownBy(Block):
    """By what a person is told again (repérage): keyed digests of what she is called and how she is reached.

    Each is the HMAC-SHA-256 of one spelling of it (`shared.contracts.recognition`), under a key that no database holds.
    """

    names: tuple[Sha256Hex, ...] = ()
    phone: Sha256Hex | None = None
    email: Sha256Hex | None = None


class CaseFile(ReportedFacts):
    """Everything that a report says but name and contact (dossier). Only referral may open it."""

    known_by: KnownBy | None = None


class ReportContent(ReportedFacts):
    """The content of a report, as it stands inside the JWE or, on the HTTPS door, under `content`."""

    persons: Several[Person]

    @property
    def concerned(self) -> Person:
        """The person whom the report is about."""
        return next(person for person in self.persons if person.concerned)

    def contact(self) -> Contact:
        """What referral and notification need to reach the person."""
        return Contact(name=self.concerned.name, safe_contact=self.concerned.contact)

    def file(self, known_by: KnownBy | None = None) -> CaseFile:
        """Everything else, without a name or a way to reach anybody."""
        members = self.model_dump(exclude={"persons": {"__all__": {"name", "contact"}}})
        return CaseFile.model_validate(members | {"known_by": known_by})
