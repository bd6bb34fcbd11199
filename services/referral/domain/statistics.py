"""What is counted for the year, which the ministry lacks: reports and their people, referrals, interviews.

What a report tells of its person stays sealed, and is opened to be counted; of a case that is erased a row stays, which
names no case. Referrals, interviews and delays are counted from cases, which tell nothing of a person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.referral.domain.referrals import ReferralState
from services.referral.domain.suppression import Cell
from services.referral.domain.urgency import is_characterised
from services.referral.domain.yearbook import Tally
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, Month
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import (
    AgeBand,
    Category,
    DurationBand,
    InterviewPlace,
    LegalGround,
    Need,
    Origin,
    PartnerType,
    Role,
    Sex,
)


class Counted(Block):
    """What is counted of one report. `is_known`: the person had been reported before."""

    month: Month
    departement: Departement
    origin: Origin
    penal: bool
    categories: tuple[Category, ...]
    role: Role
    age_band: AgeBand
    sex: Sex
    needs: tuple[Need, ...] = ()
    minors: bool = False
    characterised: bool = False
    is_known: bool = False


def counted(file: CaseFile, day: date, departement: str, *, is_known: bool) -> Counted | None:
    """What is counted of a report; nothing where it names nobody who is concerned."""
    concerned = next((person for person in file.persons if person.concerned), None)
    if concerned is None:
        return None
    return Counted(
        month=f"{day:%Y-%m}",
        departement=departement,
        origin=file.origin,
        penal=file.penal,
        categories=file.categories,
        role=concerned.role,
        age_band=concerned.age_band,
        sex=concerned.sex,
        needs=concerned.needs,
        minors=file.minors is not None and file.minors.count > 0,
        characterised=is_characterised(file.danger_grid),
        is_known=is_known,
    )


YES_OR_NO = ("yes", "no")


class Dimension(NamedTuple):
    """By what is counted: every value that there is, and those of one report. One with several counts in each."""

    values: tuple[str, ...]
    of: Callable[[Counted], Sequence[str]]


def _yes(holds: bool) -> tuple[str]:
    return ("yes" if holds else "no",)


DIMENSIONS: Mapping[str, Dimension] = {
    "sex": Dimension(tuple(Sex), lambda each: (each.sex,)),
    "age_band": Dimension(tuple(AgeBand), lambda each: (each.age_band,)),
    "role": Dimension(tuple(Role), lambda each: (each.role,)),
    "category": Dimension(tuple(Category), lambda each: each.categories),
    "origin": Dimension(tuple(Origin), lambda each: (each.origin,)),
    "penal": Dimension(YES_OR_NO, lambda each: _yes(each.penal)),
    "known": Dimension(YES_OR_NO, lambda each: _yes(each.is_known)),
    "minors": Dimension(YES_OR_NO, lambda each: _yes(each.minors)),
    "danger_characterised": Dimension(YES_OR_NO, lambda each: _yes(each.characterised)),
    "need": Dimension(tuple(Need), lambda each: each.needs),
}


MENTIONS = ("category", "need")
"""What a report may say several times: these count mentions, and have totals of their own."""


def tallies_of_reports(rows: Iterable[Counted]) -> tuple[tuple[Tally, ...], ...]:
    """What reports are counted by: those dimensions together of which each report has one value, each other alone."""
    counting = list(rows)
    tallies = {name: _tally(name, dimension, counting) for name, dimension in DIMENSIONS.items()}
    once = tuple(tally for name, tally in tallies.items() if name not in MENTIONS)
    return once, *((tallies[name],) for name in MENTIONS)


def _tally(name: str, by: Dimension, rows: Sequence[Counted]) -> Tally:
    return _of(name, by.values, ((each.departement, value) for each in rows for value in by.of(each)))


def _of(name: str, values: Iterable[str], found: Iterable[tuple[str, str]]) -> Tally:
    return Tally(name, tuple(values), Counter(Cell(*each) for each in found))


class Orientation(NamedTuple):
    """What is counted of one referral: to what kind of partner, on what it rests, what came of it."""

    departement: str
    partner_type: PartnerType
    ground: LegalGround | None
    state: ReferralState


CONSENT = "consent"
RESTS_ON = (CONSENT, *LegalGround)


def tallies_of_referrals(found: Iterable[Orientation]) -> tuple[Tally, ...]:
    """What referrals are counted by; a disclosure without her consent is counted by its ground."""
    some = list(found)
    return (
        Tally("orientation", tuple(PartnerType), Counter(Cell(each.departement, each.partner_type) for each in some)),
        Tally(
            "orientation_outcome", tuple(ReferralState), Counter(Cell(each.departement, each.state) for each in some)
        ),
        Tally(
            "orientation_rests_on",
            (CONSENT, *LegalGround),
            Counter(Cell(each.departement, each.ground or CONSENT) for each in some),
        ),
    )


class Met(NamedTuple):
    """What is counted of one interview."""

    departement: str
    place: InterviewPlace
    duration: DurationBand


def tallies_of_interviews(found: Iterable[Met]) -> tuple[Tally, ...]:
    """What interviews are counted by."""
    some = list(found)
    return (
        Tally("interview_place", tuple(InterviewPlace), Counter(Cell(each.departement, each.place) for each in some)),
        Tally(
            "interview_duration", tuple(DurationBand), Counter(Cell(each.departement, each.duration) for each in some)
        ),
    )
