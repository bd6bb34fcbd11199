"""Logs as somebody is given them: a mirrored folder, a proof, a bundle; and what an adversary makes of them."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import rfc8785
from relais_verify.app import main

from services.audit.bundle import entry_lines, node_lines
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.edge import Edge
from services.audit.domain.merkle import Frontier, inclusion_proof, leaf_hash
from services.audit.domain.note import Signer
from services.audit.domain.proof import Proof
from services.audit.domain.subtrees import subtrees_between
from services.audit.domain.tiles import WIDTH, Tile, bundle
from tests.audit.builders import ORIGIN, a_signer, nodes_of

CASE = "5b1f6a7e-0000-8000-8000-000000000001"


def some_leaves(count: int, case: str = CASE, past: str = "") -> list[bytes]:
    """Lines of a log; every third is about a case, and numbered."""
    leaves = []
    for number in range(count):
        is_its = number % 3 == 0
        leaf: dict[str, Any] = {
            "kind": "event",
            "id": f"{past}{number}",
            "source": "/relais/referral/cases",
            "subject": case if is_its else f"other-{number}",
            "seq": number // 3 + 1 if is_its else 1,
        }
        leaves.append(rfc8785.dumps(leaf))
    return leaves


def signed(leaves: Sequence[bytes], signer: Signer | None = None) -> str:
    """The checkpoint over these lines."""
    signer = signer or a_signer()
    root = Frontier().grown(map(leaf_hash, leaves)).root
    return signer.sign(Checkpoint(signer.name, len(leaves), root).text)


def mirror(folder: Path, leaves: Sequence[bytes], note: str = "") -> Path:
    """The log as a client mirrors it."""
    edge, full = Edge().grown(map(leaf_hash, leaves))
    partial = {Tile(lv, (len(leaves) >> 8 * lv) // WIDTH, len(row)): row for lv, row in enumerate(edge.rows) if row}
    for tile, row in (full | partial).items():
        write(folder / tile.path, b"".join(row))
        if tile.level == 0:
            lines = leaves[tile.start : tile.start + tile.width]
            write(folder / tile.path.replace("tile/0/", "tile/entries/"), bundle(lines))
    write(folder / "checkpoint", (note or signed(leaves)).encode())
    return folder


def proof_file(leaves: Sequence[bytes], index: int) -> str:
    """The file that proves one of these lines."""
    nodes = nodes_of([leaf_hash(leaf) for leaf in leaves])
    return Proof(index, tuple(inclusion_proof(nodes, index, len(leaves))), signed(leaves)).text


def export(
    leaves: Sequence[bytes],
    indexes: Sequence[int],
    asked: Mapping[str, Any],
    signer: Signer | None = None,
    **changed: bytes,
) -> bytes:
    """A bundle of some of these lines, with some of its files changed before it is signed."""
    nodes = nodes_of([leaf_hash(leaf) for leaf in leaves])
    places = list(subtrees_between(indexes, len(leaves)))
    files = {
        "checkpoint": signed(leaves, signer).encode(),
        "nodes.jsonl": node_lines(places, [nodes(*place) for place in places]),
        "entries.jsonl": entry_lines((index, leaves[index]) for index in indexes),
    } | {name.replace("_", "."): content for name, content in changed.items()}
    manifest = rfc8785.dumps(
        {
            "format": "relais-export/1",
            "origin": ORIGIN,
            "size": len(leaves),
            "count": len(indexes),
            "filter": dict(asked),
            "files": {name: {"sha256": sha256(text).hexdigest()} for name, text in files.items()},
        }
    )
    note = (signer or a_signer()).sign(manifest.decode() + "\n").encode()
    return zipped(files | {"manifest.json": manifest + b"\n", "manifest.note": note})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files as a zip."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed_in(archive: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same zip with one file changed after it was signed."""
    with ZipFile(BytesIO(archive)) as old:
        files = {each: old.read(each) for each in old.namelist()}
    return zipped(files | {name: change(files[name])})


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def verified(what: Path, *more: str, key: str = "") -> int:
    """The exit status of the verifier."""
    return main([str(what), "--key", key or a_signer().verifier.vkey, *more])


def lines_of(text: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]
