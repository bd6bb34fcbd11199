"""The judge is judged: each promise is broken in a small history, and must be missed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.delivery.history import Said
from tests.flow.promises import Evidence, Place, breaches

PLACE = Place("station.reports.police", 0, 7)
REPORT, CASE = "0d9f6c1e-5b1a-4a53-9a3e-7c0f5d2b8e41", "5a0c8f0e-3a56-8d7b-9a39-7c1f6f0e2d41"


def an_event(topic: str, type_: str, subject: str, sequence: int, **members: Any) -> Said:
    headers = {
        "ce_id": f"{type_} {subject} {sequence}",
        "ce_type": type_,
        "ce_source": f"/{topic}",
        "ce_subject": subject,
        "ce_sequence": f"{sequence:010}",
    }
    return Said(topic, 0, sequence - 1, subject, headers, json.dumps(members).encode())


RECEIPT = an_event(
    "station.receipts.police",
    "station.receipt-issued.v1",
    REPORT,
    1,
    record=PLACE._asdict(),
    report_id=REPORT,
    outcome="accepted",
)
ACCEPTED = an_event("relais.intake", "report.accepted.v1", CASE, 1, report_id=REPORT)
OPENED = an_event("relais.cases", "case.opened.v1", CASE, 1, report_id=REPORT)
ASSIGNED = an_event("relais.cases", "case.iscg-assigned.v1", CASE, 2, assignment_id="one")
ESCALATED = an_event("relais.cases", "case.escalated.v1", CASE, 2, reason="nobody")
AGAIN = an_event("relais.cases", "case.iscg-assigned.v1", CASE, 3, assignment_id="two")
INSTEAD = an_event("relais.cases", "case.iscg-assigned.v1", CASE, 3, assignment_id="two", supersedes="one")


def a_line(said: Said, kind: str = "event") -> dict[str, Any]:
    return {"kind": kind, "id": said.id, "src": [said.topic, said.partition, said.offset]}


def a_history(*said: Said, aside: tuple[tuple[Place, str], ...] = ()) -> Evidence:
    lines = ({"kind": "event", "id": "a record", "src": list(PLACE)}, *(a_line(each) for each in said))
    return Evidence((PLACE,), said, aside, lines)


GOOD = a_history(RECEIPT, ACCEPTED, OPENED, ASSIGNED)


@pytest.mark.parametrize(
    "evidence",
    [
        GOOD,
        a_history(RECEIPT, ACCEPTED, OPENED, ESCALATED),
        a_history(RECEIPT, ACCEPTED, OPENED, ASSIGNED, INSTEAD),
        a_history(aside=((PLACE, "set-aside"),)),
        replace(GOOD, said=(*GOOD.said, replace(ASSIGNED, offset=9))),
    ],
    ids=["assigned", "owned by the coordinator", "reassigned", "set aside", "an event twice, byte for byte"],
)
def test_a_history_that_keeps_every_promise_has_no_breach(evidence: Evidence) -> None:
    assert list(breaches(evidence)) == []


@pytest.mark.parametrize(
    ("evidence", "breach"),
    [
        (a_history(), "0 outcomes"),
        (a_history(RECEIPT, ACCEPTED, OPENED, ASSIGNED, aside=((PLACE, "set-aside"),)), "2 outcomes"),
        (a_history(aside=((PLACE, "replayed"),)), "0 outcomes"),
        (a_history(RECEIPT), "accepted 0 times"),
        (a_history(RECEIPT, ACCEPTED), "opened 0 cases"),
        (a_history(RECEIPT, ACCEPTED, OPENED), "0 active assignments"),
        (a_history(RECEIPT, ACCEPTED, OPENED, ASSIGNED, AGAIN), "2 active assignments"),
        (a_history(RECEIPT, ACCEPTED, OPENED, AGAIN), "3 follows 1"),
        (replace(GOOD, lines=GOOD.lines[1:]), "is 0 lines"),
        (replace(GOOD, lines=GOOD.lines[:-1]), "is 0 lines"),
        (replace(GOOD, lines=(*GOOD.lines, a_line(ASSIGNED))), "is 2 lines"),
        (replace(GOOD, lines=(*GOOD.lines, a_line(AGAIN, "gap"))), "tells of"),
    ],
)
def test_a_broken_promise_is_told_in_a_sentence(evidence: Evidence, breach: str) -> None:
    assert any(breach in each for each in breaches(evidence))
