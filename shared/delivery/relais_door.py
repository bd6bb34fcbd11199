"""The door for our own topics: order, repeats and gaps are told by each speaker's sequence."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from pydantic import ValidationError

from shared.contracts.cloudevent import UnreadableEnvelope
from shared.contracts.event import Event
from shared.contracts.forms import UUID_FORM
from shared.contracts.topics import BY_TYPE
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.book import Book
from shared.delivery.cause import event_cause, record_cause
from shared.delivery.envelope import Envelope, read_envelope
from shared.delivery.record import Record
from shared.vault import Erased, SealBroken, Sealed, Vault

IS_UUID = re.compile(UUID_FORM, re.ASCII)
UNVERSIONED = {type_.rsplit(".v", 1)[0] for type_ in BY_TYPE}


@dataclass(slots=True)
class Letter:
    """An event on its way to a handler: parsed, its blocks still to be opened."""

    arrival: Arrival
    kind: type[Event]
    members: dict[str, Any]
    opened: dict[str, bytes] = field(default_factory=dict)


class Unreadable(Exception):
    """This record can't be handled as it stands."""

    def __init__(self, reason: SetAsideReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class RelaisDoor:
    """Reads events of our own services. Opens the blocks that a handler asks for, and no others."""

    def __init__(self, book: Book, vault: Vault) -> None:
        self._book = book
        self._vault = vault

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        """One arrival a record. Raises only what infrastructure raises."""
        arrived = [arrive(record) for record in records]
        letters = [letter for each in arrived for letter in self._letters(*each)]
        await self._open(letters)
        for letter in letters:
            _hand_over(letter)
        return [arrival for arrival, _ in arrived]

    def _letters(self, arrival: Arrival, envelope: Envelope | None) -> Iterable[Letter]:
        if envelope is None:
            return
        try:
            kind = _kind(envelope.type)
            if kind in self._book.pages:
                members = _members(arrival.record.value)
                if sealed := {name: members[name] for name in kind.sealed_members() if members.get(name)}:
                    arrival.cause = replace(arrival.cause, sealed=sealed)
                yield Letter(arrival, kind, members)
        except Unreadable as unreadable:
            arrival.refused = unreadable.reason

    async def _open(self, letters: Sequence[Letter]) -> None:
        wanted = [(letter, name, sealed) for letter in letters for name, sealed in self._blocks(letter)]
        opened = await self._vault.open_many([sealed for _, _, sealed in wanted]) if wanted else []
        for (letter, name, _), block in zip(wanted, opened, strict=True):
            if isinstance(block, bytes):
                letter.opened[name] = block
            elif isinstance(block, Erased):
                letter.arrival.erased = True
            elif isinstance(block, SealBroken):
                letter.arrival.refused = SetAsideReason.SEALED_UNREADABLE

    def _blocks(self, letter: Letter) -> Iterable[tuple[str, Sealed]]:
        opens = self._book.pages[letter.kind].opens
        for name, compartment in letter.kind.sealed_members().items():
            if compartment in opens and letter.members.get(name) is not None:
                yield name, Sealed(compartment, letter.arrival.cause.subject, _bytes(letter.members[name]))


def arrive(record: Record) -> tuple[Arrival, Envelope | None]:
    """A record and its envelope, as far as the envelope can be read."""
    try:
        envelope = read_envelope(record.headers)
        if envelope.sequence is None:
            raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    except UnreadableEnvelope as unreadable:
        return Arrival(record, str(record.place), record_cause(record), refused=unreadable.reason), None
    cause = event_cause(record, envelope)
    stream, waits = f"{envelope.source} {envelope.subject}", IS_UUID.fullmatch(envelope.subject) is not None
    after = f"{stream} {envelope.sequence - 1}" if waits and envelope.sequence > 1 else None
    return Arrival(record, f"{stream} {envelope.sequence}", cause, waits=waits, after=after), envelope


def _kind(type_: str) -> type[Event] | None:
    """The class of a type; `None` for a type that we do not know and need not know."""
    if type_ not in BY_TYPE and type_.rsplit(".v", 1)[0] in UNVERSIONED:
        raise Unreadable(SetAsideReason.UNKNOWN_VERSION)
    return BY_TYPE.get(type_)


def _members(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise Unreadable(SetAsideReason.NULL_VALUE)
    try:
        members = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unreadable(SetAsideReason.NOT_JSON) from None
    if not isinstance(members, dict):
        raise Unreadable(SetAsideReason.INVALID)
    return members


def _hand_over(letter: Letter) -> None:
    if letter.arrival.erased or letter.arrival.refused:
        return
    try:
        letter.arrival.content = letter.kind.read(letter.members, letter.opened)
    except (ValidationError, orjson.JSONDecodeError):
        letter.arrival.refused = SetAsideReason.INVALID


def _bytes(block: object) -> bytes:
    """The sealed bytes of a block; what is not base64 will not open, and is refused as such."""
    try:
        return b64decode(str(block), validate=True)
    except binascii.Error:
        return b""
