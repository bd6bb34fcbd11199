"""The place in a list up to which somebody has read, as text that says nothing and that is given back as it stands."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.web.problems import MALFORMED_CURSOR, Problem

LONGEST = 11


def write_cursor(place: int) -> str:
    """The cursor of a place."""
    return urlsafe_b64encode(place.to_bytes(8)).rstrip(b"=").decode()


def read_cursor(cursor: str) -> int:
    """The place of a cursor. Raises a `Problem`, 400, for a text that we have not written."""
    try:
        place = int.from_bytes(urlsafe_b64decode(cursor.encode("ascii") + b"="))
    except ValueError:
        raise Problem(MALFORMED_CURSOR) from None
    if len(cursor) != LONGEST or place >= 1 << 63 or write_cursor(place) != cursor:
        raise Problem(MALFORMED_CURSOR)
    return place
