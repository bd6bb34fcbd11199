"""The people of a report: who they are to the facts, how to reach the one concerned, what she agreed to."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from shared.contracts.fields import Block
from shared.contracts.forms import Day, HourMinute, OneOrMore, Several, UtcTime, Zone
from shared.contracts.vocabulary import (
    AgeBand,
    ConsentAnswer,
    ConsentHow,
    ContactChannel,
    Need,
    PartnerType,
    Role,
    Sex,
    Weekday,
)

Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
InseeCommune = Annotated[
    str,
    StringConstraints(pattern=r"^((0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5])[0-9]{3}|(97[1-8]|98[4678])[0-9]{2})$"),
]
"""A commune's code as INSEE builds it, from that of its département. No library keeps the list of communes."""


def _as_one_fault(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """The names of a map's members are input: its faults are told at the map."""
    try:
        return check(value)
    except ValidationError as error:
        is_inside = any(each["loc"] for each in error.errors(include_input=False))
    raise PydanticCustomError("not-in-list" if is_inside else "wrong-type", "not a map of the listed codes")


ConsentByPartner = Annotated[Mapping[PartnerType, ConsentAnswer], WrapValidator(_as_one_fault)]


class Name(Block):
    """The name of the person concerned."""

    family: Line
    given: Line | None = None


class Address(Block):
    """Where the person concerned lives. `insee_commune` is the INSEE code of the commune."""

    lines: OneOrMore[Line]
    insee_commune: InseeCommune | None = None


class SafeContact(Block):
    """How and when the person can be reached without danger (contact sûr). Hours are local and may cross midnight."""

    channel: ContactChannel
    value: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    days: Several[Weekday] = ()
    from_: HourMinute | None = Field(default=None, alias="from")
    to: HourMinute | None = None
    zone: Zone
    never_call: StrictBool = False
    no_voicemail: StrictBool = True
    valid_until: Day | None = None


class Consent(Block):
    """What the person agreed to (accord), how that was collected, until when it holds."""

    contact_by_iscg: ConsentAnswer
    partners: ConsentByPartner = Field(default_factory=dict)
    collected_at: UtcTime | None = None
    how: ConsentHow | None = None
    why: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    until: Day | None = None


class PersonOnFile(Block):
    """Somebody in a report, without name or contact. Who is not the one concerned has role, age band and sex only."""

    concerned: StrictBool
    role: Role
    age_band: AgeBand
    sex: Sex = Sex.UNKNOWN
    birth_date: Day | None = None
    address: Address | None = None
    languages: Several[Language] = ()
    consent: Consent | None = None
    needs: Several[Need] = ()


class Person(PersonOnFile):
    """Somebody in a report, as the station sends it (personne concernée ou citée)."""

    name: Name | None = None
    contact: SafeContact | None = None
