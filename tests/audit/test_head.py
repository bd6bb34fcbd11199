"""Where the log stands, what it must say about lost records, and when it must not be signed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.edge import Edge, Row
from services.audit.domain.head import Bounds, Entry, Head, Reached, catch_up, grow
from services.audit.domain.merkle import Frontier
from services.audit.domain.reading import Line
from services.audit.domain.standing import (
    Damaged,
    Rewritten,
    RolledBack,
    SignedByAnother,
    check_head,
    check_long_enough,
    check_published,
    newest,
)
from services.audit.domain.tiles import Tile
from tests.audit.builders import AT, ORIGIN, a_line, a_signer, root_by_the_book, some_leaf_hashes, stations

PARTITION = ("station.reports.police", 0)


LINES = [a_line(stations(), (*PARTITION, offset)) for offset in range(600)]


def some_lines(count: int) -> list[Line]:
    return LINES[:count]


def a_published(size: int, seed: int = 1) -> str:
    root = Frontier().grown(some_leaf_hashes(size)).root
    return a_signer(seed=seed).sign(Checkpoint(ORIGIN, size, root).text)


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=4).filter(lambda cuts: sum(cuts) <= len(LINES)))
def test_any_cut_of_the_lines_into_batches_gives_the_same_log(cuts: list[int]) -> None:
    lines = some_lines(sum(cuts))
    head, edge, start = Head(), Edge(), 0
    entries: list[Entry] = []
    tiles: dict[Tile, Row] = {}
    for cut in cuts:
        grown = grow(head, edge, lines[start : start + cut], {PARTITION: Reached(start + cut)})
        head, edge, start = grown.head, grown.edge, start + cut
        entries += grown.entries
        tiles |= grown.tiles
    whole = grow(Head(), Edge(), lines, {PARTITION: Reached(start)})
    assert (head.frontier, edge, tuple(entries), tiles) == (whole.head.frontier, whole.edge, whole.entries, whole.tiles)


def test_entries_are_numbered_without_a_gap_and_amount_to_the_root() -> None:
    grown = grow(Head(), Edge(), some_lines(20), {PARTITION: Reached(20)})
    assert all(after.index == before.index + 1 for before, after in pairwise(grown.entries))
    assert grown.head.frontier.root == root_by_the_book([entry.leaf_hash for entry in grown.entries])


def test_reading_goes_on_where_it_stopped_without_a_word() -> None:
    assert catch_up(PARTITION, Reached(5), Bounds(0, 9), AT) == (Reached(5), [])
    assert catch_up(PARTITION, Reached(5), Bounds(5, 5), AT) == (Reached(5), [])


def test_records_that_were_dropped_before_they_were_read_leave_a_line() -> None:
    reached, lines = catch_up(PARTITION, Reached(5), Bounds(8, 9), AT)
    assert (reached, [(line.leaf.kind, line.leaf.subject) for line in lines]) == (Reached(8), [("gap", "5-7")])


def test_a_topic_made_anew_leaves_a_line_and_begins_another_life() -> None:
    reached, lines = catch_up(PARTITION, Reached(5), Bounds(0, 2), AT)
    assert (reached, [(line.leaf.kind, line.leaf.subject) for line in lines]) == (Reached(0, 1), [("reset", "5-0")])


@pytest.mark.parametrize(
    ("known", "found", "is_anew"), [("", "a", False), ("a", "a", False), ("a", "", False), ("a", "b", True)]
)
def test_another_id_is_another_topic_however_long_it_is(known: str, found: str, *, is_anew: bool) -> None:
    reached, lines = catch_up(PARTITION, Reached(5, 0, known), Bounds(0, 9), AT, found)
    assert reached == (Reached(0, 1, found) if is_anew else Reached(5, 0, found or known))
    assert [line.leaf.kind for line in lines] == (["reset"] if is_anew else [])


def test_the_longest_published_state_is_the_one_to_continue() -> None:
    notes = [a_published(3), a_published(7), a_published(5), "not a note", a_published(9, seed=2)]
    found = newest(notes, a_signer().verifier)
    assert found and found.size == 7


def test_nothing_published_for_our_log_is_nothing_to_continue() -> None:
    assert newest([], a_signer().verifier) is None
    assert newest([a_published(3)], a_signer("log.example/audit/2027").verifier) is None


def test_our_log_under_a_strange_key_only_is_not_continued() -> None:
    with pytest.raises(SignedByAnother, match=ORIGIN):
        newest([a_published(9, seed=2)], a_signer().verifier)


def test_a_log_shorter_than_what_was_signed_is_not_signed() -> None:
    published = Checkpoint(ORIGIN, 7, b"\x00" * 32)
    with pytest.raises(RolledBack, match="holds 5 lines, a checkpoint over 7"):
        check_long_enough(Head(frontier=Frontier(5)), published)


def test_a_log_whose_past_differs_from_what_was_signed_is_not_signed() -> None:
    edge, _ = Edge().grown(some_leaf_hashes(7))
    check_published(edge, Checkpoint(ORIGIN, 7, edge.frontier.root))
    with pytest.raises(Rewritten, match="first 7 lines"):
        check_published(edge, Checkpoint(ORIGIN, 7, b"\x00" * 32))


def test_a_log_whose_lines_do_not_amount_to_its_head_is_not_signed() -> None:
    edge, _ = Edge().grown(some_leaf_hashes(7))
    check_head(edge, Head(frontier=edge.frontier))
    with pytest.raises(Damaged, match="7 lines"):
        check_head(edge, Head(frontier=Frontier(7, tuple(some_leaf_hashes(3)))))
