"""A bundle of lines that somebody was given: what it must hold, and what it claims to be complete for."""

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from relais_verify.notes import Checkpoint, Key, decoded, open_checkpoint, open_note
from relais_verify.tree import Nodes, leaf_hash, sparse_root
from relais_verify.verdicts import CHANGED, INCOMPLETE, UNREADABLE, Refused

FORMAT = "relais-export/1"
SIGNED = ("checkpoint", "entries.jsonl", "nodes.jsonl")
BLOCK = 1 << 20


def check_bundle(file: Path, key: Key) -> tuple[Checkpoint, str]:
    """The state under which its lines stand, and what was checked. Raises `Refused`."""
    try:
        with ZipFile(file) as bundle:
            return _check(bundle, key)
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise Refused(UNREADABLE, f"the bundle is damaged, or not {FORMAT}: {type(error).__name__}") from None


def _check(bundle: ZipFile, key: Key) -> tuple[Checkpoint, str]:
    manifest = _manifest(bundle, key)
    for name, said in manifest["files"].items():
        if _digest(bundle, name) != said["sha256"]:
            raise Refused(CHANGED, f"{name} is not the file that was signed")
    if missing := [name for name in SIGNED if name not in manifest["files"]]:
        raise Refused(INCOMPLETE, f"the manifest does not name {', '.join(missing)}")
    checkpoint = open_checkpoint(bundle.read("checkpoint").decode(), key)
    hashes, numbers = _lines(bundle, manifest["filter"].get("case"))
    if sparse_root(checkpoint.size, hashes, _nodes(bundle)) != checkpoint.root:
        raise Refused(CHANGED, "the lines do not lead up to the signed root")
    _check_complete(manifest, checkpoint, hashes, numbers)
    return checkpoint, f"{len(hashes)} lines of {checkpoint.size}; asked for: {json.dumps(manifest['filter'])}"


def _manifest(bundle: ZipFile, key: Key) -> dict[str, Any]:
    # Before the signature is checked, anybody may have written it: no more than a block of it is read.
    note, plain = (bundle.open(f"manifest.{kind}").read(BLOCK).decode() for kind in ("note", "json"))
    text = open_note(note, key._replace(witnesses=()), "the manifest")
    if plain != text:
        raise Refused(CHANGED, "manifest.json is not the manifest that was signed")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["format"] != FORMAT:
        raise ValueError
    return manifest


def _digest(bundle: ZipFile, name: str) -> str:
    with bundle.open(name) as file:
        return file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it has `readinto`, untold


def _lines(bundle: ZipFile, case: str | None) -> tuple[dict[int, bytes], dict[str, list[int]]]:
    """The hash of each line by index, and the numbers that the events of a case bear, by who said them."""
    hashes, numbers = dict[int, bytes](), defaultdict[str, list[int]](list)
    for row in _rows(bundle, "entries.jsonl"):
        leaf = b64decode(row["leaf"], validate=True)
        hashes[row["index"]] = leaf_hash(leaf)
        if case and (line := json.loads(leaf))["subject"] == case and line["kind"] == "event" and line["seq"]:
            numbers[line["source"]].append(line["seq"])
    return hashes, numbers


def _nodes(bundle: ZipFile) -> Nodes:
    nodes: Nodes = defaultdict(dict)
    for row in _rows(bundle, "nodes.jsonl"):
        nodes[row["level"]][row["index"]] = decoded(row["hash"])
    return nodes


def _rows(bundle: ZipFile, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a file, one a line: whole blocks of lines are parsed at once, which is several times faster."""
    with bundle.open(name) as file:
        rest = b""
        while block := file.read(BLOCK):
            lines, _, rest = (rest + block).rpartition(b"\n")
            yield from json.loads(b"[%b]" % lines.replace(b"\n", b","))
    if rest:
        raise ValueError


def _check_complete(
    manifest: Mapping[str, Any], checkpoint: Checkpoint, hashes: Mapping[int, bytes], numbers: Mapping[str, list[int]]
) -> None:
    asked = manifest["filter"]
    if len(hashes) != manifest["count"]:
        raise Refused(INCOMPLETE, f"it should hold {manifest['count']} lines, it holds {len(hashes)}")
    if set(asked) <= {"from_index", "to_index"}:
        end = min(asked.get("to_index", checkpoint.size), checkpoint.size)
        start = min(asked.get("from_index", 0), end)
        if missing := set(range(start, end)) - hashes.keys():
            raise Refused(INCOMPLETE, f"line {min(missing)} of the range is missing")
    for source, said in numbers.items():
        if sorted(said) != list(range(1, len(said) + 1)) and not set(asked) - {"case"}:
            raise Refused(INCOMPLETE, f"the events of {source} about the case are not numbered without a gap")
