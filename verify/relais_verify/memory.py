"""Which checkpoints were seen before: without that, an older state put back passes every check."""

import json
from collections.abc import Callable
from pathlib import Path

from relais_verify.notes import Checkpoint
from relais_verify.verdicts import FORKED, INCOMPLETE, ROLLED_BACK, UNREADABLE, Refused

Grown = Callable[[Checkpoint], None]  # shows that the log begins with an earlier checkpoint


def remember(now: Checkpoint, grown: Grown, file: Path | None) -> None:
    """Compare with the longest state seen before, and keep this one. Raises `Refused`."""
    if file is None:
        return
    before = last_seen(file, now.origin)
    if before is None or before.size < now.size:
        if before and before.size:
            grown(before)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"origin": now.origin, "size": now.size, "root": now.root.hex()}) + "\n")
    elif before.size > now.size:
        raise Refused(ROLLED_BACK, f"{before.size} lines were signed before, this state has {now.size}")
    elif before.root != now.root:
        raise Refused(FORKED, f"another root was signed before over the same {now.size} lines")


def not_shown(before: Checkpoint) -> None:
    """What a bundle or a proof alone can't show."""
    wanted = f"GET /v1/consistency?old={before.size}&new=…"
    raise Refused(INCOMPLETE, f"that the log has only grown since is not shown: give {wanted} by --consistency")


def last_seen(file: Path | None, origin: str) -> Checkpoint | None:
    """The longest state of a log that was seen before. Raises `Refused`."""
    lines = file.read_text("utf-8").splitlines() if file and file.exists() else []
    try:
        rows = [row for row in map(json.loads, lines) if row["origin"] == origin]
        seen = [Checkpoint(origin, row["size"], bytes.fromhex(row["root"])) for row in rows]
        return max(seen, key=lambda each: each.size, default=None)
    except (ValueError, KeyError, TypeError):
        raise Refused(UNREADABLE, "the file of --remember is none that was written here") from None
