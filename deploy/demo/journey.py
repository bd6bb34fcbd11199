"""One sample's journey, gathered from the history, and the end to which it has come so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deploy.demo.book import AddressBook
from deploy.demo.history import Heard, History, Message, Sent

End = Mapping[str, str]
"""One row of `expected.csv` without its name, and `log`: whether each of its records is a line of the log, once."""

DECIDED = ("report.rejected.v1", "report.counted.v1", "report.corrected.v1", "report.withdrawn.v1")
"""What intake may say of a record, besides that a report is accepted."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What has become of one sample. Each list holds more than one event only if something went wrong."""

    sent: Sent
    receipts: list[Heard]
    set_aside: list[Heard]
    accepted: list[Heard]
    opened: list[Heard]
    assigned: list[Heard]
    escalated: list[Heard]
    referred: list[Heard]
    told: list[Heard]
    messages: list[Message]
    lines: list[list[int]]

    @property
    def case_id(self) -> str | None:
        """Its case, if one was opened."""
        return self.accepted[0].subject if self.accepted else None

    @property
    def last_line(self) -> int | None:
        """The line of the log with which it ended, once all lines are there."""
        return max(found[-1] for found in self.lines) if all(self.lines) else None


def gather(sent: Sent, history: History) -> Journey:
    """What is known of a sample by now."""
    accepted = history.caused("report.accepted.v1", sent.place)
    case_id = accepted[0].subject if accepted else ""
    decided = [heard for type_ in DECIDED for heard in history.caused(type_, sent.place)]
    found = {
        "receipts": history.answers("station.receipt-issued.v1", sent.place),
        "set_aside": history.answers("delivery.record-set-aside.v1", sent.place),
        "accepted": accepted,
        "opened": history.about("case.opened.v1", case_id),
        "assigned": history.about("case.iscg-assigned.v1", case_id),
        "escalated": history.about("case.escalated.v1", case_id),
        "referred": history.about("case.referral-sent.v1", case_id),
        "told": history.about("notification.sent.v1", case_id),
    }
    places = [sent.place, *(heard.place for events in (*found.values(), decided) for heard in events)]
    return Journey(
        sent,
        **found,
        messages=[each for heard in found["told"] for each in history.messages.get(heard.members["notice_id"], [])],
        lines=[history.lines.get(place, []) for place in places],
    )


def end_of(journey: Journey, earlier: Iterable[Journey], book: AddressBook) -> End:
    """The end that a journey has come to, in the words of `expected.csv`."""
    receipt = _one(journey.receipts)
    told = [book.role_of(each.to) for each in journey.messages if _is_meant(each, journey, book)]
    partners = [role for role in told if role in book.partner_types]
    return {
        "outcome": _word(journey.receipts, "outcome"),
        "reason": _word(journey.receipts, "reason"),
        "warning": "+".join(receipt.members.get("warnings", ())) if receipt else "",
        "repeats": next((other.sent.name for other in earlier if _is_same(other, receipt)), ""),
        "case": _times([journey.accepted, journey.opened]),
        "told": "+".join(sorted((role for role in told if role not in partners), reverse=True)),
        "referral": "+".join(partners) if len(partners) == len(journey.referred) else "sent, not told",
        "set_aside": _word(journey.set_aside, "reason"),
        "log": "yes" if all(len(found) == 1 for found in journey.lines) else "no",
    }


def _one(events: list[Heard]) -> Heard | None:
    return events[0] if len(events) == 1 else None


def _word(events: list[Heard], member: str) -> str:
    return "+".join(heard.members.get(member) or "" for heard in events)


def _times(events: list[list[Heard]]) -> str:
    counts = frozenset(len(each) for each in events)
    return {frozenset({0}): "no", frozenset({1}): "yes"}.get(counts, f"{max(counts)} and {min(counts)}")


def _is_same(other: Journey, receipt: Heard | None) -> bool:
    first = _one(other.receipts)
    return bool(first and receipt and first.members["jws"] == receipt.members["jws"])


def _is_meant(message: Message, journey: Journey, book: AddressBook) -> bool:
    """A message to an ISCG counts only if the case was given to her."""
    if book.role_of(message.to) != "iscg":
        return True
    return [heard.members["iscg_id"] for heard in journey.assigned] == [book.ref_of(message.to)]
