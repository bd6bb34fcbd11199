"""A line as a sentence, in French and in English: for whoever reads a log and is no programmer."""

from collections.abc import Mapping
from typing import Any

from services.audit.domain.operations import OPERATIONS

NOT_OF_EVENTS = {
    "unreadable": ("Un message illisible a été reçu.", "A record that is no event was received."),
    "conflict": (
        "Un message contredit un événement déjà inscrit : {type} {subject}.",
        "A record contradicts an event that was logged before: {type} {subject}.",
    ),
    "gap": (
        "Des messages ont disparu avant d'avoir pu être inscrits ({subject}).",
        "Records were gone before they could be logged ({subject}).",
    ),
    "reset": ("Un flux a été recréé ({subject}).", "A topic was made anew ({subject})."),
    "epoch": (
        "Ce journal continue celui qui s'est arrêté à {subject} ({why}).",
        "This log continues the one that ended at {subject} ({why}).",
    ),
    "heartbeat": (
        "Le journal était tenu ; tout ce qui avait été reçu y figure.",
        "The log was being written, and held all that had been received.",
    ),
}
UNKNOWN = ("Un événement de type {type} a été inscrit : {subject}.", "An event of type {type} was logged: {subject}.")
NOBODY = "Relais"
NOT_SAID = "–"


def sentences(leaf: Mapping[str, Any]) -> dict[str, str]:
    """What a line says, by language. Ids and codes stand in it as they stand in the line."""
    french, english = _words(leaf)
    named = {name: leaf[name] or NOT_SAID for name in ("subject", "to", "why", "type")}
    named["who"] = leaf["who"] or NOBODY
    return {"fr": french.format(**named), "en": english.format(**named)}


def _words(leaf: Mapping[str, Any]) -> tuple[str, str]:
    if leaf["kind"] != "event":
        return NOT_OF_EVENTS[leaf["kind"]]
    rule = OPERATIONS.get(leaf["type"])
    return (rule.fr, rule.en) if rule else UNKNOWN
