"""Fiche de saisine: what a station sends so that a person in distress is reached. Two parts: clear and sealed."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.event import Event
from shared.contracts.fields import Block, Routed
from shared.contracts.forms import CanonicalUuid, OpaqueCode, StationCode, UtcTime
from shared.contracts.person import Name, Person, PersonOnFile, SafeContact
from shared.contracts.vocabulary import ActKind, AgeBand, Category, LegalGround, Origin, PartnerType, Urgency

LARGEST_REPORT = 256 * 1024
"""Bytes of a report's body, at both doors; a larger one is rejected as `too-large`."""

CompactJwe = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$")]


class ReportSubmitted(Event, family="station"):
    """Fiche de saisine transmise par l'unité: in clear only what routing needs, all else in one JWE."""

    report_id: Routed[CanonicalUuid]
    revision: Routed[Annotated[int, Field(ge=1, le=9999)]]
    station: Routed[StationCode]
    taken_at: Routed[UtcTime]
    urgency: Routed[Urgency]
    test: Routed[bool] = False
    sealed: Routed[CompactJwe]


class Act(Block):
    """Acte de police ou de gendarmerie qui précède la saisine."""

    kind: ActKind
    reference: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class Minors(Block):
    """Mineurs présents ou exposés."""

    count: Annotated[int, Field(ge=0, le=30)]
    age_bands: tuple[AgeBand, ...] = Field(default=(), max_length=30)
    witnessed: bool | None = None


class DangerGrid(Block):
    """Grille d'évaluation du danger: 23 questions, 5 of them red. The counts, never the answers."""

    version: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    yes: Annotated[int, Field(ge=0, le=23)]
    red: Annotated[int, Field(ge=0, le=5)]


class Contact(Block):
    """Bloc « contact »: who the person is and how to reach her. Referral and notification may open it."""

    name: Name | None = None
    safe_contact: SafeContact | None = None


class CaseFile(Block):
    """Bloc « dossier »: everything a report says but names and contact. Only referral may open it."""

    act: Act
    origin: Origin
    facts_at: UtcTime | None = None
    officer: OpaqueCode
    categories: tuple[Category, ...] = Field(min_length=1, max_length=len(Category))
    penal: bool
    persons: tuple[PersonOnFile, ...] = Field(min_length=1, max_length=20)
    minors: Minors | None = None
    danger_grid: DangerGrid | None = None
    legal_ground: LegalGround | None = None
    related_to: tuple[CanonicalUuid, ...] = Field(default=(), max_length=20)
    partners_asked: tuple[PartnerType, ...] = Field(default=(), max_length=len(PartnerType))
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class ReportContent(CaseFile):
    """Contenu de la fiche, as it stands inside the JWE (or, on the HTTPS door, under `content`)."""

    persons: tuple[Person, ...] = Field(min_length=1, max_length=20)

    @property
    def concerned(self) -> Person:
        """The person whom the report is about."""
        return next(person for person in self.persons if person.concerned)

    def contact(self) -> Contact:
        """What referral and notification need to reach the person."""
        return Contact(name=self.concerned.name, safe_contact=self.concerned.contact)

    def file(self) -> CaseFile:
        """Everything else, without a name or a way to reach anybody."""
        members = self.model_dump(exclude={"persons": {"__all__": {"name", "contact"}}})
        return CaseFile.model_validate(members)
