"""What must hold between the members of a report.

Each rule looks at the JSON itself, so that it is told together with whatever else is wrong: what is missing or
misshapen is named by the members' own types.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.contracts.ages import ADULTS, may_be_of
from shared.contracts.blocks import Fault
from shared.contracts.contact_rules import consent_rules, contact_rules, language_rules
from shared.contracts.days import day_there
from shared.contracts.forms import LONGEST_LIST, Day, UtcTime
from shared.contracts.vocabulary import GROUND_FITS, AgeBand, FaultCode, PartnerType

Json = Mapping[str, Any]
Pointed = tuple[str, Json]
Found = Iterator[tuple[str, FaultCode]]

ONLY_CONCERNED = ("name", "birth_date", "address", "languages", "contact", "consent", "needs")
PARTNERS = frozenset(PartnerType)
_BANDS = frozenset(AgeBand)
_TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
_DAY: TypeAdapter[date] = TypeAdapter(Day)


def broken_rules(clear: Json, content: Json, root: str) -> Iterable[Fault]:
    """Every rule between members that a report breaks, as far as its members let it be told."""
    taken_at = _time(clear.get("taken_at"))
    found = (*_content_rules(content, taken_at), *_order_of_times(taken_at, content))
    return (Fault(pointer=root + pointer, code=code) for pointer, code in found)


def _content_rules(content: Json, taken_at: datetime | None) -> Found:
    people = list(_people(content))
    yield from _one_concerned(content.get("persons"))
    for pointer, person in people:
        yield from _person(pointer, person, taken_at)
    yield from _minors(_object(content, "minors"))
    yield from _danger_grid(_object(content, "danger_grid"))
    yield from _partners(content, [person for _, person in people if person.get("concerned") is True])


def _one_concerned(persons: object) -> Found:
    if not isinstance(persons, list) or not all(isinstance(person, dict) for person in persons):
        return
    said = [person.get("concerned") for person in persons]
    if all(isinstance(each, bool) for each in said) and said.count(True) != 1:
        yield "/persons", FaultCode.NOT_ONE_CONCERNED


def _person(pointer: str, person: Json, taken_at: datetime | None) -> Found:
    taken_on = _taken_on(person, taken_at)
    if person.get("concerned") is True:
        yield from _age(pointer, person, taken_on)
        if person.get("consent") is None:
            yield f"{pointer}/consent", FaultCode.MISSING
        yield from consent_rules(f"{pointer}/consent", _object(person, "consent"), taken_on)
        yield from contact_rules(f"{pointer}/contact", _object(person, "contact"), taken_on)
        yield from language_rules(f"{pointer}/languages", _list(person, "languages"))
    elif person.get("concerned") is False:
        for name in ONLY_CONCERNED:
            if person.get(name):
                yield f"{pointer}/{name}", FaultCode.ONLY_CONCERNED_PERSON


def _taken_on(person: Json, taken_at: datetime | None) -> date | None:
    """The day on which the report was taken where its person is; where that is not known, the earliest that it was."""
    zone = _object(person, "contact").get("zone")
    return day_there(taken_at, zone) if taken_at else None


def _age(pointer: str, person: Json, taken_on: date | None) -> Found:
    birth, band = _day(person.get("birth_date")), person.get("age_band")
    if birth is None or taken_on is None:
        return
    if birth > taken_on + timedelta(days=1):
        yield f"{pointer}/birth_date", FaultCode.AFTER_TAKEN_AT
    elif isinstance(band, str) and band in _BANDS and not may_be_of(AgeBand(band), birth, taken_on):
        yield f"{pointer}/age_band", FaultCode.NOT_THAT_AGE


def _minors(minors: Json) -> Found:
    bands = _list(minors, "age_bands")
    if _whole(minors, "count") and minors.get("age_bands", []) in (None, []):
        yield "/minors/age_bands", FaultCode.AGE_BANDS_REQUIRED
    for n, band in enumerate(bands):
        if isinstance(band, str) and band in ADULTS:
            yield f"/minors/age_bands/{n}", FaultCode.NOT_A_MINOR


def _danger_grid(grid: Json) -> Found:
    yes, red = _whole(grid, "yes"), _whole(grid, "red")
    if yes is not None and red is not None and red > yes:
        yield "/danger_grid/red", FaultCode.MORE_RED_THAN_YES


def _partners(content: Json, concerned: list[Json]) -> Found:
    """A partner may be asked on the person's consent for its type, or on a legal ground that fits it."""
    if len(concerned) != 1:
        return
    answers = _object(_object(concerned[0], "consent"), "partners")
    ground = content.get("legal_ground")
    fitting = {str(each) for fits, fit in GROUND_FITS.items() if fits == ground for each in fit.partners}
    for n, partner in enumerate(_list(content, "partners_asked")):
        if not isinstance(partner, str) or partner not in PARTNERS:
            continue
        if answers.get(partner) != "given" and partner not in fitting:
            yield f"/partners_asked/{n}", FaultCode.NO_CONSENT_FOR_PARTNER


def _order_of_times(taken_at: datetime | None, content: Json) -> Found:
    earlier = [("/facts_at", content.get("facts_at"))]
    for pointer, person in _people(content):
        earlier.append((f"{pointer}/consent/collected_at", _object(person, "consent").get("collected_at")))
    for pointer, value in earlier:
        at = _time(value)
        if taken_at and at and at > taken_at:
            yield pointer, FaultCode.AFTER_TAKEN_AT


def _people(content: Json) -> Iterator[Pointed]:
    for n, person in enumerate(_list(content, "persons")):
        if isinstance(person, dict):
            yield f"/persons/{n}", person


def _object(parent: Json, name: str) -> Json:
    member = parent.get(name)
    return member if isinstance(member, dict) else {}


def _list(parent: Json, name: str) -> list[Any]:
    member = parent.get(name)
    return member[:LONGEST_LIST] if isinstance(member, list) else []


def _whole(parent: Json, name: str) -> int | None:
    member = parent.get(name)
    return member if isinstance(member, int) and not isinstance(member, bool) else None


def _day(value: object) -> date | None:
    try:
        return _DAY.validate_python(value) if isinstance(value, str) else None
    except ValidationError:
        return None


def _time(value: object) -> datetime | None:
    try:
        return _TIME.validate_python(value) if isinstance(value, str) else None
    except ValidationError:
        return None
