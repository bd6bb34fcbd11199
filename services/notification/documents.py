"""Writes what the tables of notification say into `docs/`: who is told what, and all texts as their readers see them.

`python -m services.notification.documents` writes it; `--check` compares instead and exits 1 where something differs.
"""

import sys
from pathlib import Path

from services.notification.domain.address import usable_by
from services.notification.domain.notice import GATHERED_FOR, MOST_AN_HOUR
from services.notification.domain.routing import KINDS, ROUTES, UNTOLD, Row
from services.notification.handlers import CAN_WAIT
from services.notification.previewing import previews
from shared.contracts.documents import keep_true, page, table
from shared.contracts.vocabulary import NoticeChannel, RecipientRole

COMMAND = "python -m services.notification.documents"
HEADS = ("event", "recipient", "message", "channels", "when")
AT_ONCE, IN_HER_HOURS = "at once", "in her safe hours only, worth something for two hours at most"
INSTEAD = "only where the one before can't be told"
BUT_QUIET = "at once, but after quiet hours"


def who_is_told() -> str:
    """Every event of a case, and who hears of it."""
    rows = [(f"`{event.__name__}`", *_told(row)) for event, kind in KINDS.items() for row in ROUTES if row[0] is kind]
    digests = [(f"*{kind.label}*", *_told(row)) for kind in GATHERED_FOR for row in ROUTES if row[0] is kind]
    silent = [(f"`{event.__name__}`", why) for event, why in UNTOLD.items()]
    sections = (
        "Who hears of which event of `relais.cases`, by which message, which ways, and when. The ways of a person are "
        "tried in the order in which the roster lists them; of the person concerned it is her safe contact alone. "
        "Notices tell a reference, an urgency and a link: [what they say](texts.md); how they travel: "
        "[notices](../notices.md).",
        table(HEADS, [*rows, *digests]),
        f"Quiet hours are those of the roster (`quiet`). More than {MOST_AN_HOUR} notices within an hour to one "
        "professional are gathered, and so is what comes late after an outage; what is immediate never is.",
        "## Of what nobody is told\n\n" + table(("event", "because"), silent),
    )
    return page("Who is told what", *sections, command=COMMAND)


def _told(row: Row) -> tuple[str, str, str, str]:
    kind, role = row
    ways = ", ".join(f"`{each}`" for each in NoticeChannel if each in usable_by(kind, role))
    return (
        role.label,
        f"[{ROUTES[row].template.name}](texts.md#{ROUTES[row].template.name})",
        ways,
        _when(row),
    )


def _when(row: Row) -> str:
    kind, role = row
    if ROUTES[row].instead:
        return INSTEAD
    if role is RecipientRole.PERSON:
        return IN_HER_HOURS
    if kind in GATHERED_FOR:
        return f"{GATHERED_FOR[kind].total_seconds() / 60:.0f} minutes after the first"
    return BUT_QUIET if role in CAN_WAIT else AT_ONCE


def texts() -> str:
    """Every text, in both languages, filled in with an invented case."""
    shown = previews()
    names = list(dict.fromkeys(each.name for each in shown))
    sections = [
        "What notices say, filled in with an invented case. A text that was sent once is never changed: it gets a new "
        "version, and the log names it. `relais notices preview` shows the same."
    ]
    for name in names:
        parts = [f"```text\n{each.subject}\n\n{each.body.strip()}\n```" for each in shown if each.name == name]
        version = next(each.version for each in shown if each.name == name)
        sections.append(f"## {name}\n\nVersion {version}.\n\n" + "\n\n".join(parts))
    return page("What notices say", *sections, command=COMMAND)


def documents() -> dict[Path, bytes]:
    """Each document, by its path in the repository."""
    folder = Path("docs/notices")
    return {folder / "who-is-told.md": who_is_told().encode(), folder / "texts.md": texts().encode()}


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
