"""The operator's own check: whether lines, what they are found by, and tiles are what the lines say.

It trusts the database for nothing but the lines' bytes, and those are held against the signed root.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from services.audit.completeness import absent, days_closed, read_closed, said_by
from services.audit.domain.edge import Edge
from services.audit.domain.finding import found_by
from services.audit.domain.head import Head
from services.audit.domain.merkle import leaf_hash
from services.audit.store.documents import HEAD, head_of, tile_id
from shared.delivery.shelf import Database

CHECKED_AT_ONCE = 4096
MOST_FINDINGS, MOST_NAMED = 100, 5
Told = Callable[[int, int], None]
BESIDE = ("at", "id", "type", "op", "who", "to", "station")


async def check_log(database: Database, told: Told) -> tuple[int, list[str]]:
    """How many lines were looked at, and what is wrong, at most 100 findings. `told` hears how far it is."""
    head = head_of(await database["head"].find_one({"_id": HEAD}))
    edge, findings, numbers = Edge(), list[str](), Numbers()
    while edge.size < head.size and len(findings) < MOST_FINDINGS:
        which = {"_id": {"$gte": edge.size, "$lt": min(edge.size + CHECKED_AT_ONCE, head.size)}}
        rows = await database["entries"].find(which, sort={"_id": 1}).to_list()
        if [row["_id"] for row in rows] != list(range(edge.size, edge.size + len(rows))) or not rows:
            findings.append(f"Lines are missing from {edge.size} on.")
            break
        findings += [finding for row in rows for finding in _wrong_with(row, numbers)]
        edge, full = edge.grown([leaf_hash(bytes(row["leaf"])) for row in rows])
        for tile, hashes in full.items():
            stored = await database["tiles"].find_one({"_id": tile_id(tile.level, tile.index)})
            if stored is None or stored["hashes"] != b"".join(hashes):
                findings.append(f"{tile.path} is not what its lines amount to.")
        told(edge.size, head.size)
    at_the_end = [*_wrong_at_the_end(edge, head), *numbers.wrong(), *await _missing(database)]
    return edge.size, [*findings, *at_the_end][:MOST_FINDINGS]


async def _missing(database: Database) -> list[str]:
    """What a service says of its days, and no line tells."""
    found = []
    for row in await days_closed(database):
        closed = await read_closed(database, row)
        missing = await absent(database, closed.event_ids) if closed else []
        if closed and missing:
            named = ", ".join(map(str, missing[:MOST_NAMED])) + (", …" if len(missing) > MOST_NAMED else "")
            of_what = f"{closed.count} events that {said_by(row)} said on {closed.topic} on {closed.day}"
            found.append(f"{len(missing)} of the {of_what} are missing: {named}.")
    return found


class Numbers:
    """How each service has numbered what it says about a case: without a gap, unless something was never logged."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], tuple[int, int]] = {}

    def take(self, leaf: Mapping[str, Any]) -> None:
        """One event more."""
        if leaf["kind"] == "event" and leaf["seq"]:
            stream = leaf["source"], leaf["subject"]
            many, highest = self._said.get(stream, (0, 0))
            self._said[stream] = many + 1, max(highest, leaf["seq"])

    def wrong(self) -> Iterator[str]:
        """What was numbered and is not there."""
        for (source, subject), (many, highest) in self._said.items():
            if many < highest:
                yield f"{highest - many} of the {highest} events of {source} about {subject} are missing."


def _wrong_with(row: Mapping[str, Any], numbers: Numbers) -> Iterator[str]:
    leaf = orjson.loads(row["leaf"])
    numbers.take(leaf)
    if row["leaf_hash"] != leaf_hash(bytes(row["leaf"])):
        yield f"Line {row['_id']} does not have the hash that stands beside it."
    if {name: row[name] for name in BESIDE if name in row} != found_by(leaf) or row["kind"] != leaf["kind"]:
        yield f"Line {row['_id']} is found by something else than it says."
    if leaf["subject"] and leaf["kind"] in ("event", "conflict") and leaf["subject"] not in row["refs"]:
        yield f"Line {row['_id']} is not found by its subject."


def _wrong_at_the_end(edge: Edge, head: Head) -> Iterator[str]:
    if edge.size == head.size and edge.frontier != head.frontier:
        yield "The lines do not amount to the root that the head says."
