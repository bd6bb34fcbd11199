"""Turns a decided unit of work into rows: seals what is new, once, so that a repeated transaction writes the same."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import orjson
from bson import ObjectId, decode, encode

from shared.delivery.failures import EventTooLarge
from shared.delivery.left_out import is_too_large, summary
from shared.delivery.record import Place, Record, Unread
from shared.delivery.transaction import Document, Rows
from shared.delivery.unit import Aside, Said, Unit, row_id
from shared.delivery.unsent import row_id as outbox_id
from shared.vault import Plain, Vault

LARGEST_EVENT = 512 * 1024


async def rows_of(unit: Unit, vault: Vault, now: datetime) -> Rows:
    """Everything that one transaction will write. Raises `EventTooLarge`, and what the vault raises."""
    blocks = [(n, name, block) for n, said in enumerate(unit.said) for name, block in _blocks(said)]
    records = [Plain("set-aside", str(row_id(aside.arrival)), packed(aside.arrival.record)) for aside in unit.aside]
    plain = [*(block for _, _, block in blocks), *records]
    sealed = await vault.seal_many(plain, unit.keys) if plain else []
    members: dict[int, dict[str, str]] = defaultdict(dict)
    for (n, name, _), block in zip(blocks, sealed, strict=False):
        members[n][name] = b64encode(block).decode()
    unit_id = ObjectId().binary
    return Rows(
        states=list(unit.touched()),
        inserts={
            "inbox": unit.inbox,
            "outbox": [_outbox_row(said, members[n], outbox_id(unit_id, n)) for n, said in enumerate(unit.said)],
            "unsent": [_unsent(unit, unit_id, now)] if unit.said else [],
            "set_aside": [_aside_row(*each, now) for each in zip(unit.aside, sealed[len(blocks) :], strict=True)],
        },
        closings=unit.closings,
        decided_on={each.as_of for each in unit.states.values() if each.as_of},
    )


def _blocks(said: Said) -> Iterable[tuple[str, Plain]]:
    compartments = said.event.sealed_members()
    for name, block in said.event.blocks().items() if compartments else ():
        yield name, Plain(compartments[name], said.envelope.subject, block)


def _outbox_row(said: Said, sealed: dict[str, str], id_: bytes) -> Document:
    body = orjson.dumps(said.event.clear() | sealed)
    if len(body) > LARGEST_EVENT:
        raise EventTooLarge
    return {
        "_id": id_,
        "aggregate": said.aggregate,
        "subject": said.envelope.subject,
        "rev": said.rev,
        "i": said.i,
        "topic": said.topic,
        "headers": said.envelope.headers(),
        "bytes": body,
    }


def _unsent(unit: Unit, id_: bytes, now: datetime) -> Document:
    lanes, aggregates = {said.lane for said in unit.said if said.lane}, {said.aggregate for said in unit.said}
    many = len(unit.said)
    return {"_id": id_, "lanes": list(lanes), "aggregates": list(aggregates), "many": many, "saved_at": now}


def _aside_row(aside: Aside, sealed: bytes, now: datetime) -> Document:
    arrival = aside.arrival
    return {
        "_id": str(row_id(arrival)),
        "state": aside.state,
        "reason": aside.reason,
        "attempts": int(aside.state == "set-aside"),
        "wait_key": arrival.wait_key,
        "place": arrival.record.place.kept(),
        "sealed": sealed,
        "since": now,
    }


def packed(record: Record) -> bytes:
    """All of a record but its place, ready to be sealed; of one that is too large, what tells it again."""
    if is_too_large(record):
        record = replace(record, key=None, value=None, headers=(), unread=record.unread or summary(record))
    return encode(
        {
            "timestamp": record.timestamp,
            "key": record.key,
            "value": None if record.value is None else bytes(record.value),
            "headers": [[_name_bytes(name), value] for name, value in record.headers],
            "unread": asdict(record.unread) if record.unread else None,
        }
    )


def unpacked(place: dict[str, Any], content: bytes) -> Record:
    """The record of a set-aside row, byte for byte as it was read; an empty one where it was left out."""
    members = decode(content)
    headers = tuple((_name_text(name), value) for name, value in members["headers"])
    unread = Unread(**members["unread"]) if members.get("unread") else None
    return Record(Place(**place), members["timestamp"], members["key"], members["value"], headers, unread)


def _name_bytes(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _name_text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode(errors="surrogateescape")
