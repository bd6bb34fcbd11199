"""What is logged once, what is logged as a contradiction, and what not at all."""

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.reading import Line
from services.audit.domain.repeats import Held, Known, event_key, order_key, sort_out
from tests.audit.builders import a_line, ours, stations


def an_event(id_: int, content: int, sequence: int | None = None, offset: int = 0) -> Line:
    order = {} if sequence is None else {"ce_sequence": f"{sequence:010}"}
    headers = ours(ce_id=f"00000000-0000-4000-8000-{id_:012}", ce_type="case.opened.v1", **order)
    return a_line(headers, ("relais.cases", 0, offset), value=b'{"n":%d}' % content)


def held(line: Line, *, is_deleted: bool = False) -> Known:
    key, order = event_key(line), order_key(line)
    assert key and line.leaf.commit
    events = {key: Held(line.leaf.commit, None if is_deleted else line.salt)}
    return Known(events, {order: key} if order else {})


def kinds(*lines: Line, known: Known | None = None) -> list[str]:
    return [line.leaf.kind for line in sort_out(lines, known or Known()).lines]


def test_the_same_event_twice_is_one_line() -> None:
    batch = sort_out([an_event(1, 1), an_event(1, 1, offset=1)], Known())
    assert (len(batch.lines), batch.repeats, batch.conflicts) == (1, 1, 0)


def test_an_event_that_the_log_holds_is_dropped() -> None:
    assert kinds(an_event(1, 1), known=held(an_event(1, 1))) == []


def test_the_same_id_with_other_bytes_is_a_conflict() -> None:
    assert kinds(an_event(1, 2), known=held(an_event(1, 1))) == ["conflict"]
    assert kinds(an_event(1, 1), an_event(1, 2), an_event(1, 3)) == ["event", "conflict", "conflict"]


def test_a_sequence_taken_by_another_event_is_a_conflict() -> None:
    assert kinds(an_event(1, 1, 7), an_event(2, 1, 7)) == ["event", "conflict"]
    assert kinds(an_event(2, 1, 7), known=held(an_event(1, 1, 7))) == ["conflict"]


def test_a_deleted_content_lets_the_same_id_pass_as_a_repeat() -> None:
    assert kinds(an_event(1, 2), known=held(an_event(1, 1), is_deleted=True)) == []


def test_every_record_of_a_station_is_a_line_even_a_repeated_one() -> None:
    lines = [a_line(stations(), ("station.reports.police", 0, offset)) for offset in range(3)]
    assert kinds(*lines) == ["event"] * 3


def test_unreadable_records_never_contradict_each_other() -> None:
    lines = [a_line([], ("relais.cases", 0, offset)) for offset in range(3)]
    assert kinds(*lines) == ["unreadable"] * 3


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2), st.none() | st.integers(1, 3)), max_size=15))
def test_every_record_ends_as_one_line_or_as_a_repeat(records: list[tuple[int, int, int | None]]) -> None:
    lines = [an_event(*record, offset=offset) for offset, record in enumerate(records)]
    batch = sort_out(lines, Known())
    assert len(batch.lines) + batch.repeats == len(lines)
    keys = [event_key(line) for line in batch.lines if line.leaf.kind == "event"]
    assert len(keys) == len(set(keys))


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2), st.none() | st.integers(1, 3)), max_size=10))
def test_events_of_one_batch_are_sorted_as_if_each_came_alone(records: list[tuple[int, int, int | None]]) -> None:
    lines = [an_event(*record, offset=offset) for offset, record in enumerate(records)]
    known, alone = Known(), list[Line]()
    for line in lines:
        kept = sort_out([line], known).lines
        alone += kept
        if kept and kept[0].leaf.kind == "event":
            taken = held(line)
            known = Known(known.events | taken.events, known.orders | taken.orders)
    assert list(sort_out(lines, Known()).lines) == alone
