"""Tells a JSON text in which one object names a member twice: parsers disagree about which of the two counts."""

import json
from typing import Any


class _Repeated(Exception):
    """A member stands twice in one object."""


def has_repeated_members(body: bytes) -> bool:
    """Whether an object in it has two members of one name. The body is JSON, and nests no deeper than is allowed."""
    try:
        # Numbers stay text: some are too long to be made a number of.
        json.loads(body, object_pairs_hook=_check_once, parse_int=str, parse_float=str)
    except _Repeated:
        return True
    return False


def _check_once(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) < len(members):
        raise _Repeated
