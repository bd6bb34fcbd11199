"""What becomes of each arrival of a unit of work: done, waiting, or set aside. Pure, but for a look at the clock."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.book import Book
from shared.delivery.cause import Cause
from shared.delivery.failures import TooSlow
from shared.delivery.shelf import Key
from shared.delivery.unit import Aside, Unit, Work

T = TypeVar("T")
R = TypeVar("R")
InboxState = Literal["done", "ignored", "erased", "set-aside", "waiting"]
HELD_UP = ("set-aside", "waiting")
NOT_PASSED = (None, *HELD_UP)
"""What stands in the inbox, or does not, of a record whose successor has to wait."""


def needs(book: Book, arrivals: Iterable[Arrival]) -> Iterable[Key]:
    """Everything that deciding about these arrivals will look at, as far as it can be known before."""
    for arrival in arrivals:
        if arrival.content is not None and not arrival.refused:
            yield from book.pages[type(arrival.content)].needs(arrival.content, arrival.cause)


def decide_each(unit: Unit, items: Sequence[T], decide: Callable[[T], R]) -> Sequence[R]:
    """What is decided about each, in order.

    As long as keys are missing all are run, also after a failure: what was not loaded reads as absent, so that a
    failure tells nothing yet, and all keys are then read at once. Raises `TooSlow` where several take too long.
    """
    results, failure, ends_by = list[R](), None, time.monotonic() + unit.seconds_left
    for n, item in enumerate(items):
        if n and time.monotonic() > ends_by:
            raise TooSlow
        try:
            results.append(decide(item))
        except Exception as error:
            if not unit.wanted:
                raise
            failure = failure or error
    unit.seconds_left = ends_by - time.monotonic()
    if failure:
        raise failure
    return results


def receive(unit: Unit, arrival: Arrival, book: Book) -> None:
    """Decide about one arrival. A repeat is dropped; whatever can't be handled now waits or is set aside."""
    if arrival.inbox_id in unit.known:
        unit.repeats += 1
        return
    unit.note(arrival, _outcome(unit, arrival, book))


def receive_again(unit: Unit, arrival: Arrival, book: Book, row: Mapping[str, Any]) -> InboxState:
    """Decide again about a record that was set aside or is waiting; its row and its inbox row move with the effect.

    `waiting` means that its time has not come and nothing moves.
    """
    is_waiting = row["state"] == "waiting"
    if is_waiting and (_is_held(unit, arrival) or (_is_ahead(unit, arrival) and not arrival.refused)):
        return "waiting"
    outcome = _try_again(unit, arrival, book, row["attempts"])
    unit.note_again(arrival, row["state"], outcome)
    expected = {"_id": row["_id"], "state": row["state"], "attempts": row["attempts"]}
    if outcome == "set-aside":
        unit.close(
            "set_aside", expected, {"state": outcome, "attempts": row["attempts"] + 1, "reason": arrival.refused}
        )
    else:
        unit.close("set_aside", expected, {"state": "released" if is_waiting else "replayed", "sealed": None})
    return outcome


def discard(unit: Unit, arrival: Arrival, row: Mapping[str, Any], cause: Cause, because: bytes) -> None:
    """Give a set-aside record up: its place in the order is passed, and what waits behind it may go on.

    `because` are the sealed words of whoever gave it up.
    """
    unit.say_discarded(arrival, SetAsideReason(row["reason"]), cause)
    unit.note_again(arrival, row["state"], "discarded")
    expected = {"_id": row["_id"], "state": row["state"], "attempts": row["attempts"]}
    unit.close("set_aside", expected, {"state": "discarded", "sealed": None, "because": because})


def _try_again(unit: Unit, arrival: Arrival, book: Book, attempts: int) -> InboxState:
    if arrival.refused:
        unit.say_set_aside(arrival, arrival.refused, attempts)
        return "set-aside"
    return _apply(unit, arrival, book)


def _outcome(unit: Unit, arrival: Arrival, book: Book) -> InboxState:
    if _is_held(unit, arrival):
        return _wait(unit, arrival)
    if arrival.refused:
        unit.set_aside(arrival, arrival.refused)
        return "set-aside"
    if _is_ahead(unit, arrival):
        return _wait(unit, arrival)
    return _apply(unit, arrival, book)


def _apply(unit: Unit, arrival: Arrival, book: Book) -> InboxState:
    if arrival.erased:
        return "erased"
    if arrival.content is None:
        return "ignored"
    book.pages[type(arrival.content)].handle(arrival.content, Work(unit, arrival.cause))
    return "done"


def _is_held(unit: Unit, arrival: Arrival) -> bool:
    """Whether the record before is known and has not passed: an operator decides about it, or about one before."""
    return arrival.after is not None and unit.known.get(arrival.after) in HELD_UP


def _is_ahead(unit: Unit, arrival: Arrival) -> bool:
    return arrival.after is not None and unit.known.get(arrival.after) in NOT_PASSED


def _wait(unit: Unit, arrival: Arrival) -> InboxState:
    unit.aside.append(Aside(arrival, "waiting", SetAsideReason.GAP))
    return "waiting"
