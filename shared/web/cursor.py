"""The place in a list up to which somebody has read, as text that says nothing and that is given back as it stands."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.web.problems import MALFORMED_CURSOR, Problem


def write_cursor(place: bytes) -> str:
    """The cursor of a place."""
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def read_cursor(cursor: str, length: int) -> bytes:
    """The place of a cursor, in so many bytes. Raises a `Problem`, 400, for a text that we have not written."""
    try:
        place = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raise Problem(MALFORMED_CURSOR) from None
    if len(place) != length or write_cursor(place) != cursor:
        raise Problem(MALFORMED_CURSOR)
    return place
