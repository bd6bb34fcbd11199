"""A JSON text that has one meaning, and nests no deeper than is allowed: what any of a station's texts must be."""

from typing import Any

import orjson

from shared.contracts.depth import is_too_deep
from shared.contracts.repeated import has_repeated_members
from shared.contracts.vocabulary import FaultCode


class Unreadable(Exception):
    """This text is none, and `code` says why: `too-deep`, `not-json` or `repeated-member`."""

    def __init__(self, code: FaultCode) -> None:
        super().__init__(code.value)
        self.code = code


def read_json(text: bytes) -> Any:
    """What the text says. Raises `Unreadable`, never with anything of the text."""
    if is_too_deep(text):
        raise Unreadable(FaultCode.TOO_DEEP)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Unreadable(FaultCode.NOT_JSON) from None
    if has_repeated_members(text):
        raise Unreadable(FaultCode.REPEATED_MEMBER)
    return found
