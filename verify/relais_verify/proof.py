"""A line and the file that proves it (C2SP tlog-proof)."""

from pathlib import Path

from relais_verify.notes import Checkpoint, Key, decoded, open_checkpoint
from relais_verify.tree import check_inclusion, leaf_hash
from relais_verify.verdicts import UNREADABLE, Refused

FIRST_LINE = "c2sp.org/tlog-proof@v1"


def check_proof(file: Path, line: Path, key: Key) -> tuple[Checkpoint, str]:
    """The state under which the line stands, and what was checked. Raises `Refused`."""
    head, _, note = file.read_text("utf-8").partition("\n\n")
    first, *rest = head.split("\n")
    if rest and rest[0].startswith("extra "):
        rest = rest[1:]
    try:
        index, path = int(rest[0].removeprefix("index ")), [decoded(each) for each in rest[1:]]
    except (IndexError, ValueError):
        raise Refused(UNREADABLE, "the proof is malformed") from None
    if first != FIRST_LINE or index < 0 or len(path) > 63 or any(len(each) != 32 for each in path):
        raise Refused(UNREADABLE, "the proof is malformed")
    checkpoint = open_checkpoint(note, key)
    check_inclusion(leaf_hash(line.read_bytes()), index, checkpoint.size, path, checkpoint.root)
    return checkpoint, f"line {index} of {checkpoint.size}"
