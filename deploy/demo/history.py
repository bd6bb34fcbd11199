"""What was heard during a run, in the order in which it was heard, and found again by what it is about."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

PUBLISHED_NAMESPACE = UUID("5a0c8f0e-3a56-5d7b-9a39-7c1f6f0e2d41")
"""As `docs/stations/README.md` publishes it."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands on Kafka; `topic` without its namespace."""

    topic: str
    partition: int
    offset: int

    @property
    def cause(self) -> str:
        """The id under which Relais names a station's record as the cause of what follows."""
        return str(uuid5(PUBLISHED_NAMESPACE, f"{self.topic}/{self.partition}/{self.offset}"))


@dataclass(frozen=True, slots=True)
class Sent:
    """A sample that the broker has acknowledged. `at`: the broker's time, in milliseconds."""

    name: str
    place: Place
    at: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An event on one of Relais' topics. `members`: what stands in it in clear. `at` in milliseconds."""

    place: Place
    id: str
    type: str
    subject: str
    cause: str
    at: int
    members: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody was handed `by` a channel: a mail in the mailbox, a message on a device or in a software."""

    notice_id: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    by: str = "email"


class History:
    """Everything that was heard, mailed and logged so far."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Message]] = defaultdict(list)
        self.lines: dict[Place, list[int]] = defaultdict(list)
        self.signed: list[tuple[int, int]] = []
        self._heard: set[tuple[str, str]] = set()
        self._about: dict[tuple[str, str], list[Heard]] = defaultdict(list)
        self._caused: dict[tuple[str, str], list[Heard]] = defaultdict(list)
        self._answers: dict[Place, list[Heard]] = defaultdict(list)

    def hear(self, heard: Heard) -> None:
        """Keep an event; its copies count once, as for every reader: what is published is published at least once.

        Receipts and set-asides answer the record whose place they name.
        """
        name = (heard.place.topic, heard.id)
        if name in self._heard:
            return
        self._heard.add(name)
        self._about[heard.type, heard.subject].append(heard)
        self._caused[heard.type, heard.cause].append(heard)
        if named := heard.members.get("record") or heard.members.get("place"):
            self._answers[Place(**named)].append(heard)
        if heard.type == "audit.checkpoint-signed.v1":
            self.signed.append((heard.members["size"], heard.at))

    def about(self, type_: str, subject: str) -> list[Heard]:
        """Events of a type about a subject."""
        return self._about.get((type_, subject), [])

    def caused(self, type_: str, place: Place) -> list[Heard]:
        """Events of a type that follow at once from a station's record."""
        return self._caused.get((type_, place.cause), [])

    def answers(self, type_: str, place: Place) -> list[Heard]:
        """Events of a type that name this record."""
        return [heard for heard in self._answers.get(place, []) if heard.type == type_]

    def signed_at(self, index: int) -> int | None:
        """When the first checkpoint that covers this line was signed, in milliseconds."""
        return min((at for size, at in self.signed if size > index), default=None)
