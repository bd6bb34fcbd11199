"""How the log's parts are written in MongoDB."""

from collections.abc import Mapping
from typing import Any

import orjson

from services.audit.domain.edge import Row
from services.audit.domain.finding import found_by
from services.audit.domain.head import Entry, Head, Reached
from services.audit.domain.merkle import Frontier
from services.audit.domain.repeats import event_key, order_key
from services.audit.domain.tiles import Tile, row_root

Document = dict[str, Any]
HEAD = "log"


def entry_document(entry: Entry) -> Document:
    """A line: its exact bytes, and by what it is found. `event`, `order` and `place` are unique where they stand."""
    line = entry.line
    document = found_by(orjson.loads(entry.leaf))
    document |= {
        "_id": entry.index,
        "leaf": entry.leaf,
        "leaf_hash": entry.leaf_hash,
        "kind": line.leaf.kind,
        "refs": list(line.refs),
    }
    keys = ("event", event_key(line)), ("order", order_key(line)), ("place", place_key(entry))
    return document | {name: key for name, key in keys if key}


def place_key(entry: Entry) -> str | None:
    """Where the record stood, and in which life of its topic. A gap or a reset is no record."""
    leaf = entry.line.leaf
    if leaf.src is None or leaf.kind in ("gap", "reset"):
        return None
    topic, partition, offset = leaf.src
    return f"{topic}/{partition}/{entry.life}/{offset}"


def payload_document(entry: Entry) -> Document | None:
    """What stands beside a line and can be deleted without touching it: of what is not kept, only its size."""
    line = entry.line
    if line.value is None:
        return None
    what = {"size": len(line.value)} if line.kept is None else {"bytes": line.kept}
    return {"_id": entry.index, "salt": line.salt} | what


def tile_document(tile: Tile, row: Row) -> Document:
    """A full tile, and its own root: one hash of the level above."""
    return {"_id": tile_id(tile.level, tile.index), "hashes": b"".join(row), "root": row_root(row)}


def tile_id(level: int, index: int) -> Document:
    """Compares by level, then by index, so that neighbours are a range."""
    return {"level": level, "index": index}


def head_document(head: Head) -> Document:
    """The log's state, but for its id."""
    reached = sorted((*partition, *reached) for partition, reached in head.reached.items())
    return {
        "size": head.size,
        "root": head.frontier.root,
        "epoch": head.epoch,
        "frontier": list(head.frontier.peaks),
        "reached": [list(each) for each in reached],
    }


def head_of(document: Mapping[str, Any] | None) -> Head:
    """The log's state; of an empty log where there is no document."""
    if document is None:
        return Head()
    reached = {(topic, partition): Reached(*rest) for topic, partition, *rest in document["reached"]}
    return Head(document["epoch"], Frontier(document["size"], tuple(document["frontier"])), reached)
