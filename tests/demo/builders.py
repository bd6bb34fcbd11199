"""One sample's history, whole, as the demo hears it; tests take something away or put something in."""

from itertools import count
from typing import Any

from deploy.demo.history import Heard, History, Message, Place, Sent

CASE, OFFSETS = "0b7c6a52-0000-8000-8000-000000000001", count()
SENT = Sent("first", Place("station.reports.police", 3, 42), 1_000)
END = {
    **dict.fromkeys(("reason", "warning", "repeats", "set_aside"), ""),
    **{"outcome": "accepted", "case": "yes", "told": "iscg", "referral": "cidff", "log": "yes"},
}


def an_event(type_: str, subject: str = CASE, *, topic: str = "relais.cases", cause: str = "", **members: Any) -> Heard:
    n = next(OFFSETS)
    return Heard(Place(topic, 0, n), f"event-{n}", type_, subject, cause, 1_100, members)


def a_journey() -> list[Heard]:
    place = {"topic": SENT.place.topic, "partition": SENT.place.partition, "offset": SENT.place.offset}
    return [
        an_event("station.receipt-issued.v1", "report", record=place, outcome="accepted", jws="signed"),
        an_event("report.accepted.v1", cause=SENT.place.cause),
        an_event("case.opened.v1", departement="31"),
        an_event("case.iscg-assigned.v1", iscg_id="iscg-31-a"),
        an_event("case.referral-sent.v1"),
        an_event("notification.sent.v1", notice_id="notice-1", ref="iscg-31-a"),
        an_event("notification.sent.v1", notice_id="notice-2", ref="partner-h7q2"),
    ]


def a_history(events: list[Heard], mails: dict[str, str] | None = None) -> History:
    """All events of it are in the log; the mails are to the ISCG and to her partner unless others are given."""
    history = History()
    to = {"notice-1": "iscg-31-a@relais.example", "notice-2": "cidff-31@relais.example"} if mails is None else mails
    for notice_id, address in to.items():
        history.messages[notice_id].append(Message(notice_id, address, ""))
    for index, place in enumerate([SENT.place, *(heard.place for heard in events)]):
        history.lines[place].append(index)
    for heard in events:
        history.hear(heard)
    return history
