"""What Relais promises about a whole history, read back from topics, databases and log: every breach in a sentence.

The laws of one stream alone stand in `tests/delivery/history.py`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.delivery.history import Said, faults

OURS = ("relais.", "station.receipts.")
UNANSWERED = ("set-aside", "waiting", "discarded")


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Evidence:
    """All that a judge of the house may look at.

    `acknowledged`: the stations' records that the broker has acknowledged; `aside`: place and state of each record that
    a service has set aside; `lines`: the members of every line of the log.
    """

    acknowledged: tuple[Place, ...]
    said: tuple[Said, ...]
    aside: tuple[tuple[Place, str], ...]
    lines: tuple[Mapping[str, Any], ...]


def breaches(evidence: Evidence) -> Iterator[str]:
    """Every promise that was broken."""
    yield from unanswered(evidence)
    yield from untaken(evidence)
    yield from faults(said for said in evidence.said if said.topic.startswith(OURS))
    yield from unlogged(evidence)


def unanswered(evidence: Evidence) -> Iterator[str]:
    """An acknowledged record has exactly one outcome: one receipt that names it, or one set-aside row."""
    receipts: dict[Place, set[str]] = defaultdict(set)
    for said in _of_type(evidence.said, "station.receipt-issued.v1"):
        if record := members(said).get("record"):
            receipts[Place(**record)].add(said.id)
    aside = Counter(place for place, state in evidence.aside if state in UNANSWERED)
    for place in evidence.acknowledged:
        outcomes = len(receipts[place]) + aside[place]
        if outcomes != 1:
            yield f"{'/'.join(map(str, place))} has {outcomes} outcomes"


def untaken(evidence: Evidence) -> Iterator[str]:
    """An accepted report has exactly one case, and the case one active assignment, or a coordinator who owns it."""
    accepted, opened = _by_report(evidence.said, "report.accepted.v1"), _by_report(evidence.said, "case.opened.v1")
    receipts = _of_type(evidence.said, "station.receipt-issued.v1")
    promised = {members(said)["report_id"] for said in receipts if members(said)["outcome"] == "accepted"}
    for report in promised | accepted.keys():
        if (len(accepted[report]), len(opened[report])) != (1, 1):
            yield f"report {report} was accepted {len(accepted[report])} times and opened {len(opened[report])} cases"
    yield from _unassigned({said.key for said in _of_type(evidence.said, "case.opened.v1")}, evidence.said)


def unlogged(evidence: Evidence) -> Iterator[str]:
    """Every station's record and every event but a checkpoint is exactly one line of the log."""
    kinds = Counter(line["kind"] for line in evidence.lines)
    if wrong := {kind: many for kind, many in kinds.items() if kind in ("conflict", "gap", "reset")}:
        yield f"the log tells of {wrong}"
    of_records = [line for line in evidence.lines if line["kind"] != "heartbeat"]
    places = Counter(Place(*line["src"]) for line in of_records)
    events = Counter((line["src"][0], line["id"]) for line in of_records)
    for place in evidence.acknowledged:
        if places[place] != 1:
            yield f"{'/'.join(map(str, place))} is {places[place]} lines of the log"
    for topic, id_ in {(said.topic, said.id) for said in evidence.said if _is_logged_once(said)}:
        if events[topic, id_] != 1:
            yield f"{id_} on {topic} is {events[topic, id_]} lines of the log"


def members(said: Said) -> dict[str, Any]:
    """The members of an event that stand in clear."""
    found: dict[str, Any] = json.loads(said.value)
    return found


def _unassigned(cases: Iterable[str], history: Iterable[Said]) -> Iterator[str]:
    assigned: dict[str, set[str]] = defaultdict(set)
    superseded: dict[str, set[str]] = defaultdict(set)
    owned: set[str] = set()
    for said in history:
        if said.headers["ce_type"] == "case.iscg-assigned.v1":
            assigned[said.key].add(members(said)["assignment_id"])
            superseded[said.key] |= {members(said).get("supersedes", "")}
        if said.headers["ce_type"] == "case.escalated.v1" and members(said)["reason"] == "nobody":
            owned.add(said.key)
    for case in cases:
        active = len(assigned[case] - superseded[case])
        if active > 1 or (active == 0 and case not in owned):
            yield f"case {case} has {active} active assignments"


def _is_logged_once(said: Said) -> bool:
    return said.topic.startswith("relais.") and said.topic != "relais.audit"


def _of_type(history: Iterable[Said], type_: str) -> Iterator[Said]:
    return (said for said in history if said.headers["ce_type"] == type_)


def _by_report(history: Iterable[Said], type_: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for said in _of_type(history, type_):
        found[members(said)["report_id"]].add(said.id)
    return found
