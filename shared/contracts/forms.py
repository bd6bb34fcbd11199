"""How ids, times, places and codes are written, the same everywhere."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.contracts.days import known_zones
from shared.contracts.vocabulary import FaultCode

T = TypeVar("T")
LONGEST_LIST = 30
"""No list of a report holds more: what is told about each member must fit into one receipt."""


def written(pattern: str, parse: Callable[[str], object], code: FaultCode) -> BeforeValidator:
    """Reads a text in one spelling only, where a library would take several. What is read already passes."""
    spelling = re.compile(pattern, re.ASCII)

    def read(value: object) -> object:
        if isinstance(value, date | UUID):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("wrong-type", "not a text")
        try:
            if spelling.fullmatch(value):
                return parse(value)
        except ValueError:
            pass
        raise PydanticCustomError(code.value, code.label)

    return BeforeValidator(read)


def _known(zones: Callable[[], set[str]]) -> AfterValidator:
    def check_zone(name: str) -> str:
        if name not in zones():
            raise PydanticCustomError("unknown-zone", "unknown time zone")
        return name

    return AfterValidator(check_zone)


def _check_length(several: object) -> object:
    if isinstance(several, list | tuple) and len(several) > LONGEST_LIST:
        raise PydanticCustomError("too-long", "a list of too many")
    return several


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


UUID_FORM = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DATE = r"(19|20|21)\d\d-\d\d-\d\d"
_TIME = _DATE + r"T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"

CanonicalUuid = Annotated[UUID, written(UUID_FORM, UUID, FaultCode.NOT_A_UUID)]
"""A UUID of any version, in lower case and with hyphens: one report has one spelling."""

UtcTime = Annotated[
    AwareDatetime, written(_TIME, datetime.fromisoformat, FaultCode.NOT_A_TIME), AfterValidator(_in_utc)
]
"""A moment, written as RFC 3339 with its offset, kept in UTC."""

Day = Annotated[date, written(_DATE, date.fromisoformat, FaultCode.NOT_A_DATE)]
"""A day of the calendar."""

HourMinute = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day, local to whoever it concerns."""

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month of a year: as near as statistics may come to a moment."""

Zone = Annotated[str, _known(known_zones)]
"""An IANA time zone."""

Departement = Annotated[
    str, StringConstraints(pattern=r"^(0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-8]|98[4678])$")
]
"""INSEE code of a département, or of the overseas collectivity in its place."""

IntegratorCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
"""Code of an éditeur: it is a part of topic names."""

StationCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]
"""Code of an unité, as the force's own directory writes it."""

OpaqueCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A code that means something to whoever gave it, and nothing to anybody else."""

KeyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A key's `kid`: a thumbprint (RFC 7638), or whatever its owner has called it."""

Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest, in lower-case hexadecimal."""

EnhancedStatus = Annotated[str, StringConstraints(pattern=r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}$")]
"""Why a message was or was not delivered, as RFC 3463 codes it."""

Several = Annotated[tuple[T, ...], Field(max_length=LONGEST_LIST), BeforeValidator(_check_length)]
"""A short list. It is measured before its members are read, so that a long one costs nothing."""

OneOrMore = Annotated[tuple[T, ...], Field(min_length=1, max_length=LONGEST_LIST), BeforeValidator(_check_length)]
"""A short list that may not be empty."""
