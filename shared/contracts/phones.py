"""Telephone numbers as France writes them: read strictly, in every French numbering plan, never guessed.

`phonenumbers` reads what a person may have meant: letters as digits, whatever stands before the first digit as nothing,
one digit too few as another number. Here a text may go to whoever has the number that was read, so only digits and
punctuation are taken, and a number counts as a mobile only where its range is one.
"""

import re
from enum import StrEnum
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from shared.contracts.days import DEPARTEMENTS


class Line(StrEnum):
    """What kind of line a number is: whether it may be texted hangs on it."""

    MOBILE = "mobile"
    OTHER = "other"
    UNKNOWN_RANGE = "unknown-range"


class Phone(NamedTuple):
    """A number in E.164. Of an unknown range the length is right, and nobody knows whether there is such a line."""

    e164: str
    line: Line


METROPOLE = "FR"
TEN_DIGITS = (METROPOLE, "GP", "MQ", "GF", "RE", "YT", "PM")
"""The plans whose numbers begin with 0 and have ten digits. No mobile number is valid in two of them."""

PLANS = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
"""The numbering plan of a département or collectivity; all others have that of the métropole."""

WRITTEN = re.compile(r"[+(]*[0-9][-0-9\s.()+]*", re.ASCII)
SPACES = re.compile(r"\s")
DASHES = re.compile(r"[\u2010-\u2015\u2212]")
UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Marks that nobody sees: a number that is copied from a telephone's contacts stands between two."""
FICTION = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers that ARCEP reserves for fiction (national numbering plan, decision 2018-0881).

They belong to nobody, so that a text to one reaches nobody: samples and tests may use them as mobiles.
"""

MOBILE = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))


def plan_of(departement: str | None) -> str:
    """The numbering plan in which a number is dialled there."""
    return PLANS.get(departement or "", METROPOLE)


def plan_of_zone(zone: object) -> str:
    """The numbering plan of a time zone."""
    return plan_of(DEPARTEMENTS.get(zone)) if isinstance(zone, str) else METROPOLE


def read_phone(value: str, plan: str = METROPOLE) -> Phone | None:
    """Read a number as it is dialled where `plan` holds; none where nobody can tell which number is meant.

    A mobile is the same whoever wrote it. Of a fixed line that is valid in two plans, the given one decides.
    """
    text = SPACES.sub(" ", DASHES.sub("-", UNSEEN.sub("", value))).strip()
    if not WRITTEN.fullmatch(text) or "+" in text.lstrip("(+") or text.count("+") > 1:
        return None
    numbers = [number for each in dict.fromkeys((plan, *TEN_DIGITS)) if (number := _parse(text, each))]
    valid = [number for number in numbers if phonenumbers.is_valid_number(number)]
    mobile = (number for number in valid if phonenumbers.number_type(number) in MOBILE)
    if (number := next(mobile, None)) is not None:
        return Phone(_e164(number), Line.MOBILE)
    if valid:
        e164 = _e164(valid[0])
        return Phone(e164, Line.MOBILE if FICTION.fullmatch(e164) else Line.OTHER)
    return _of_unknown_range(numbers[0]) if numbers else None


def _parse(text: str, plan: str) -> PhoneNumber | None:
    if plan == "PM" and text.startswith("0508"):
        # Dialled so since the archipelago has numbers of ten digits; the tables know only the six that follow.
        text = text.removeprefix("0508")
    try:
        return phonenumbers.parse(text, plan)
    except phonenumbers.NumberParseException:
        return None


def _of_unknown_range(number: PhoneNumber) -> Phone | None:
    """A range may be newer than our tables: it must not cost anybody a report."""
    is_whole = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    if not is_whole or number.italian_leading_zero:
        return None
    e164 = _e164(number)
    return Phone(e164, Line.MOBILE if FICTION.fullmatch(e164) else Line.UNKNOWN_RANGE)


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
