"""What is wrong with a report, said without repeating a word of it: a pointer and a code, never a value."""

from collections.abc import Collection, Iterable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.blocks import Fault
from shared.contracts.vocabulary import FaultCode

MOST_FAULTS = 100
"""So many faults are named; a last one, `more-faults`, says that there are others."""

Path = tuple[int | str, ...]

_CODES = {
    "missing": FaultCode.MISSING,
    "extra_forbidden": FaultCode.UNKNOWN_MEMBER,
    "enum": FaultCode.NOT_IN_LIST,
    "literal_error": FaultCode.NOT_IN_LIST,
    "string_too_short": FaultCode.TOO_SHORT,
    "too_short": FaultCode.TOO_SHORT,
    "string_too_long": FaultCode.TOO_LONG,
    "too_long": FaultCode.TOO_LONG,
    "greater_than_equal": FaultCode.OUT_OF_RANGE,
    "less_than_equal": FaultCode.OUT_OF_RANGE,
    "string_pattern_mismatch": FaultCode.BAD_FORMAT,
    "uuid_parsing": FaultCode.NOT_A_UUID,
    "timezone_aware": FaultCode.NOT_A_TIME,
}
_KINDS = (("datetime_", FaultCode.NOT_A_TIME), ("date_", FaultCode.NOT_A_DATE))


def faults_of(error: ValidationError, root: str = "") -> tuple[Fault, ...]:
    """Every fault that pydantic found, under the pointer of where the thing that it read stands."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    holders = {each["loc"][:n] for each in found for n in range(len(each["loc"]))}
    return tuple(
        Fault(pointer=root + _pointer(each), code=_code(each["type"])) for each in found if not _is_echo(each, holders)
    )


def ordered(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, in a stable order, and not more than a receipt can carry."""
    each_once = sorted(set(faults), key=lambda fault: (fault.pointer, fault.code))
    if len(each_once) <= MOST_FAULTS:
        return tuple(each_once)
    return (*each_once[:MOST_FAULTS], Fault(pointer="", code=FaultCode.MORE_FAULTS))


def _is_echo(error: ErrorDetails, holders: Collection[Path]) -> bool:
    """Pydantic counts a list without its faulty members, and calls it too short because of them."""
    return error["type"] == "too_short" and error["loc"] in holders


def _pointer(error: ErrorDetails) -> str:
    """RFC 6901. An unknown member is named by its parent: its own name is input."""
    path = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    return "".join(f"/{part}" for part in path)


def _code(type_: str) -> FaultCode:
    if type_ in _CODES:
        return _CODES[type_]
    if type_ in set(FaultCode):
        return FaultCode(type_)
    if type_.endswith("_type"):
        return FaultCode.WRONG_TYPE
    return next((code for prefix, code in _KINDS if type_.startswith(prefix)), FaultCode.INVALID)
