"""What of a record's envelope may enter the log: only what has the shape of an id, a code or a time."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

Texts = Mapping[str, str]

TYPE = re.compile(r"[a-z]{1,32}\.[a-z-]{1,64}\.v[0-9]{1,4}")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .:/_-]{0,127}")
PATH = re.compile(r"/[A-Za-z0-9._/-]{1,127}")
STATION_SOURCE = re.compile(r"/(stations/[a-z][a-z0-9-]{1,31}/[A-Z0-9][A-Z0-9-]{1,31}|relais/[a-z/-]{1,64})")
SEQUENCE = re.compile(r"[0-9]{1,15}")


class Unreadable(ValueError):
    """The record is no event."""


def checked(shape: re.Pattern[str], text: str) -> str:
    """The text, if it has the shape. Raises `Unreadable`."""
    if not shape.fullmatch(text):
        raise Unreadable
    return text


def matching(shape: re.Pattern[str], *texts: object) -> tuple[str, ...]:
    """Those of the texts that have the shape, each once."""
    return tuple(dict.fromkeys(text for text in texts if isinstance(text, str) and shape.fullmatch(text)))


def uuid_of(text: str) -> UUID:
    """The id. Raises `Unreadable`."""
    try:
        return UUID(text)
    except ValueError:
        raise Unreadable from None


def uuid_text(text: str | None) -> str | None:
    """The id in its one spelling, or none where this is no id."""
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def time_of(text: str) -> datetime:
    """The time, in UTC. Raises `Unreadable`, also where it has no zone, or UTC has no such year."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise Unreadable
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable from None


def sequence_of(texts: Texts) -> int | None:
    """Which event of its source and subject it is, if it says so. Raises `Unreadable`."""
    return int(checked(SEQUENCE, texts["ce_sequence"])) if "ce_sequence" in texts else None
