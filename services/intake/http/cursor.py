"""The place in an integrator's list of reports, as a cursor."""

from shared.web import cursor as cursors
from shared.web.problems import MALFORMED_CURSOR, Problem

BYTES = 8


def write_cursor(place: int) -> str:
    """The cursor of a place."""
    return cursors.write_cursor(place.to_bytes(BYTES))


def read_cursor(cursor: str) -> int:
    """The place of a cursor. Raises a `Problem`, 400, for a text that we have not written."""
    place = int.from_bytes(cursors.read_cursor(cursor, BYTES))
    if place >= 1 << 63:
        raise Problem(MALFORMED_CURSOR)
    return place
