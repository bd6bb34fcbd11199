"""Pages that are written by the tables themselves: who may use which door, how doors refuse, what is counted.

`python -m shared.web.documents` writes them; `--check` compares instead and exits 1 where one differs.
"""

import sys
from pathlib import Path

from prometheus_client import Counter

from shared.contracts.documents import keep_true, page, table
from shared.contracts.rights import PURPOSES, WHO, Right
from shared.watch.metrics import MEASURES
from shared.web.french import FRENCH
from shared.web.problems import KINDS
from shared.web.roles import DOORS, LABELS, Door, Role

COMMAND = "python -m shared.web.documents"


def roles() -> str:
    """Role × door."""
    head = ("door", "what it is for", "everybody", *(f"`{role}`" for role in Role))
    rows = [
        (
            _route(door),
            door.purpose,
            "✓" if not door.roles else "",
            *("✓" if role in door.roles else "" for role in Role),
        )
        for door in DOORS
    ]
    names = table(("role", "libellé"), [(f"`{role}`", label) for role, label in LABELS.items()])
    note = (
        "A door that is not listed cannot open: the service refuses to start. A tick says who comes in; which cases, "
        "reports or referrals are somebody's own is decided behind the door, by the roster and the registry."
    )
    return page(
        "Who may use which door",
        note,
        table(head, rows),
        "## Roles",
        names,
        "## Rights and purposes",
        "The log tells why somebody looked by the right that was used, whatever the caller writes: a purpose that is "
        "asked counts where it is one of the right's, otherwise the first one does.",
        rights(),
        command=COMMAND,
    )


def rights() -> str:
    """Right × purposes."""
    rows = [(f"`{right}`", WHO[right], ", ".join(f"`{each}`" for each in PURPOSES[right])) for right in Right]
    return table(("right", "who", "purposes"), rows)


def problems() -> str:
    """Every way of refusing."""
    kinds = KINDS.values()
    rows = [(f"`{each.type}`", str(each.status), each.title, each.advice) for each in kinds]
    french = [(f"`{each.type}`", *FRENCH[each.code]) for each in kinds]
    note = (
        "Answers of type `application/problem+json` (RFC 9457). Each door serves these pages itself. `title` and "
        "`detail` are English, `fr.title` and `fr.detail` French: both come always, whatever `Accept-Language` says, "
        "because a log is read by people who have sent no header. Nothing that was sent is ever repeated."
    )
    english = table(("type", "status", "title", "what to do"), rows)
    return page(
        "How a door refuses",
        note,
        english,
        "## En français",
        table(("type", "titre", "que faire"), french),
        command=COMMAND,
    )


def metrics() -> str:
    """Every number that is watched."""
    rows = [
        (
            f"`{each.name}{'_total' if each.kind is Counter else ''}`",
            each.kind.__name__.lower(),
            each.help,
            "; ".join(f"{name}: {', '.join(values)}" for name, values in each.labels.items()),
        )
        for each in MEASURES
    ]
    note = "Served as `/metrics` on a port of its own. Every sample carries the label `service`."
    return page("What is counted", note, table(("name", "kind", "what it tells", "labels"), rows), command=COMMAND)


def documents() -> dict[Path, bytes]:
    """Every page, by its path in the repository."""
    pages = {"roles": roles(), "problems": problems(), "metrics": metrics()}
    return {Path(f"docs/{name}.md"): page.encode() for name, page in pages.items()}


def _route(door: Door) -> str:
    return f"{', '.join(door.services)}: `{door.method} {door.path}`"


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
