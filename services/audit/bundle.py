"""An export as one file: a zip that is written while it is read, and the manifest that is signed for it."""

import asyncio
import csv
import io
from array import array
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
import rfc8785

from services.audit.domain.balp import audit_event
from services.audit.domain.exact64 import decoded, encoded
from services.audit.domain.note import Signer
from services.audit.domain.wording import sentences
from services.audit.store.exports import Export

FORMAT = "relais-export/1"
COLUMNS = ("index", "time", "kind", "type", "op", "who", "why", "to", "subject", "source", "seq")
Pieces = AsyncIterator[bytes]


def entry_lines(lines: Iterable[tuple[int, bytes]]) -> bytes:
    """Lines of the log as `entries.jsonl` holds them: each with its place, its exact bytes in base64."""
    return b"".join(orjson.dumps({"index": index, "leaf": encoded(leaf)}) + b"\n" for index, leaf in lines)


def node_lines(places: Sequence[tuple[int, int]], hashes: Sequence[bytes]) -> bytes:
    """Subtrees as `nodes.jsonl` holds them."""
    rows = zip(places, hashes, strict=True)
    return b"".join(orjson.dumps({"level": level, "index": at, "hash": encoded(h)}) + b"\n" for (level, at), h in rows)


def indexes_of(piece: bytes) -> "array[int]":
    """The places of the lines in a piece of `entries.jsonl`."""
    return array("Q", (orjson.loads(line)["index"] for line in piece.splitlines()))


def csv_lines(piece: bytes, *, first: bool) -> bytes:
    """The same lines for people: a table, with each line's sentences."""
    out = io.StringIO()
    table = csv.writer(out)
    if first:
        table.writerow([*COLUMNS, "fr", "en"])
    for line in piece.splitlines():
        entry = orjson.loads(line)
        leaf = orjson.loads(decoded(entry["leaf"])) | {"index": entry["index"]}
        said = sentences(leaf)
        table.writerow([*(leaf[name] for name in COLUMNS), said["fr"], said["en"]])
    return out.getvalue().encode()


async def as_csv(pieces: Pieces) -> Pieces:
    """`entries.csv` from the pieces of `entries.jsonl`."""
    first = True
    async for piece in pieces:
        yield await asyncio.to_thread(csv_lines, piece, first=first)
        first = False
    if first:
        yield csv_lines(b"", first=True)


def event_lines(origin: str, piece: bytes) -> bytes:
    """The same lines as FHIR resources, one a line (NDJSON): those that tell of an event."""
    entries = (orjson.loads(line) for line in piece.splitlines())
    told = (audit_event(origin, each["index"], orjson.loads(decoded(each["leaf"]))) for each in entries)
    return b"".join(orjson.dumps(event) + b"\n" for event in told if event)


async def as_events(origin: str, pieces: Pieces) -> Pieces:
    """`audit-events.ndjson` from the pieces of `entries.jsonl`."""
    async for piece in pieces:
        yield await asyncio.to_thread(event_lines, origin, piece)


async def digest(pieces: Pieces) -> dict[str, Any]:
    """What a manifest says of a file."""
    hashed, length = sha256(), 0
    async for piece in pieces:
        await asyncio.to_thread(hashed.update, piece)
        length += len(piece)
    return {"sha256": hashed.hexdigest(), "bytes": length}


def signed_manifest(export: Export, files: dict[str, Any], at: str, signer: Signer) -> str:
    """Who took what along, when and why, and what the files are: a signed note over one line of canonical JSON."""
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "origin": signer.name,
        "size": export.size,
        "count": export.total,
        "filter": export.filter.said,
        "purpose": export.purpose,
        "consultation": str(export.consultation_id),
        "by": str(export.by),
        "exported_at": at,
        "files": files,
    }
    return signer.sign(rfc8785.dumps(manifest).decode() + "\n")


class _Sink(io.RawIOBase):
    """Takes what a zip writes, and gives it on."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.taken.append(bytes(content))
        return len(content)

    def empty(self) -> bytes:
        taken, self.taken = self.taken, []
        return b"".join(taken)


async def zipped(files: Mapping[str, Pieces]) -> Pieces:
    """Files in pieces as a zip in pieces; no more of it is held than a piece."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=1) as bundle:
        for name, pieces in files.items():
            with bundle.open(name, "w", force_zip64=True) as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
                    yield sink.empty()
    yield sink.empty()
