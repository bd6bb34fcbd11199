"""Orientations: which of the partners that a station asks for may be told of the person, and who they are."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from services.referral.domain.consent import may_be_told
from services.referral.domain.periods import Period
from services.referral.domain.reachable import Reachable
from shared.contracts.forms import Day, Departement, OpaqueCode, Several
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import PartnerType
from shared.contracts.vocabulary.code import Code

SAFE = ("https://", "http://127.0.0.1:")
"""How the address of a webhook begins: over TLS, but for trials on one machine."""


class PartnerSource(Code):
    """Provenance d'un partenaire."""

    DATA_INCLUSION = "data-inclusion", "Annuaire data·inclusion"


class Partner(Reachable):
    """Partenaire of a département. Its id must not tell its type: beside a case that would name a social fact.

    `source` is the public directory that names it; whoever was entered by hand has none. `closed` is when nobody is
    there, `capacity` how many open referrals it can hold at once, if that is known: while it is closed or full it is
    not asked by itself where another of its type could help, and comes last among those proposed.
    """

    id: OpaqueCode
    type: PartnerType
    departement: Departement
    until: Day | None = None
    authid: UUID | None = None
    source: PartnerSource | None = None
    closed: Several[Period] = ()
    capacity: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None

    def faults(self) -> list[str]:
        """Why it could not be told, or could not answer; as the ends of sentences."""
        is_safe = all(each.value.startswith(SAFE) for each in self.by_webhook)
        wrong = {
            "could not answer: give it an SMS number or `signs_in_as`": self.authid is None and not self.by_phone,
            "is told by webhook: it needs `signs_in_as`, to answer": self.authid is None and bool(self.by_webhook),
            "has a webhook that does not begin with https://": not is_safe,
            "has an id that tells its type": self.type.value in self.id.lower(),
        }
        return [fault for fault, is_so in wrong.items() if is_so]

    def is_listed_on(self, day: date) -> bool:
        """Whether somebody may be referred to it that day."""
        return self.until is None or day <= self.until

    def is_open_on(self, day: date) -> bool:
        """Whether somebody is there that day."""
        return not any(each.covers(day) for each in self.closed)

    def ended(self, on: date) -> "Partner":
        """The partner, to whom nobody is referred from that day on."""
        return self.model_copy(update={"until": on - timedelta(days=1)})


def in_order(directory: Iterable[Partner], day: date, is_full: Callable[[Partner], bool]) -> tuple[Partner, ...]:
    """Those of a directory to whom somebody may be referred that day: first who is open and has room, then by id."""
    listed = (each for each in directory if each.is_listed_on(day))
    return tuple(sorted(listed, key=lambda each: (not each.is_open_on(day), is_full(each), each.id)))


def partners_to_tell(file: CaseFile, directory: Sequence[Partner], on: date) -> tuple[Partner, ...]:
    """One partner for each type that is asked for and may be told: the first of its type in a directory in order.

    A type that the département's directory lacks gives none: the ISCG reads in the file that it was asked for.
    """
    first_by_type = {each.type: each for each in reversed(directory)}
    asked = dict.fromkeys(file.partners_asked)
    return tuple(first_by_type[type_] for type_ in asked if type_ in first_by_type and may_be_told(file, type_, on))
