"""Small counts stay secret, also from whoever subtracts everything from everything."""

from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.domain.suppression import TOTAL, Cell, hidden, published, published_together, with_margins

ROWS, COLUMNS = ["31", "09", "2A", "75"], ["F", "M", "X"]
TABLES = st.dictionaries(
    st.builds(Cell, st.sampled_from(ROWS), st.sampled_from(COLUMNS)), st.integers(0, 30), max_size=12
).map(lambda counts: with_margins(counts, ROWS, COLUMNS))


Shown = dict[Cell, int | None]


def computed_by_whoever_subtracts(*tables: Shown) -> set[Cell]:
    """The hidden cells that the published ones determine: what Gauss finds out from all equations of all tables.

    Cells of the same name are one number: tables of the same people share the totals of their rows.
    """
    shown = {cell: count for table in tables for cell, count in table.items()}
    unknown = sorted(cell for cell, count in shown.items() if count is None)
    made = [each for table in tables for each in equations(table, unknown)]
    rows = [[Fraction(number) for number in line] for line in made]
    pivots: list[tuple[int, int]] = []
    for at, _ in enumerate(unknown):
        found = next((n for n in range(len(pivots), len(rows)) if rows[n][at]), None)
        if found is None:
            continue
        top = len(pivots)
        rows[top], rows[found] = rows[found], rows[top]
        rows[top] = [each / rows[top][at] for each in rows[top]]
        for n, row in enumerate(rows):
            if n != top and row[at]:
                rows[n] = [each - row[at] * other for each, other in zip(row, rows[top], strict=True)]
        pivots.append((top, at))
    return {unknown[at] for top, at in pivots if not any(rows[top][:at] + rows[top][at + 1 : -1])}


def equations(shown: Shown, unknown: list[Cell]) -> list[list[int]]:
    """Each row and each column: its cells less its total is nothing. Coefficients of the unknown, and what is known."""
    columns = sorted({cell.column for cell in shown} - {TOTAL})
    lines = [[Cell(row, column) for column in [*columns, TOTAL]] for row in [*ROWS, TOTAL]]
    lines += [[Cell(row, column) for row in [*ROWS, TOTAL]] for column in [*columns, TOTAL]]
    made = []
    for line in lines:
        signs = {cell: -1 if cell == line[-1] else 1 for cell in line}
        known = -sum(signs[cell] * (shown[cell] or 0) for cell in line)
        made.append([*(signs.get(cell, 0) for cell in unknown), known])
    return made


PEOPLE = st.lists(
    st.tuples(st.sampled_from(ROWS), st.sampled_from(COLUMNS), st.sampled_from(["yes", "no"]), st.integers(1, 12)),
    max_size=14,
)


def tables_of(people: list[tuple[str, str, str, int]]) -> list[dict[Cell, int]]:
    """The same people by sex, and by yes or no."""
    by_sex, by_answer = Counter[Cell](), Counter[Cell]()
    for row, sex, answer, many in people:
        by_sex[Cell(row, sex)] += many
        by_answer[Cell(row, answer)] += many
    return [with_margins(by_sex, ROWS, COLUMNS), with_margins(by_answer, ROWS, ["no", "yes"])]


@settings(max_examples=400, deadline=None)
@given(PEOPLE)
def test_nobody_who_holds_two_tables_of_the_same_people_finds_a_small_count(
    people: list[tuple[str, str, str, int]],
) -> None:
    tables = tables_of(people)
    shown = published_together(tables)
    small = {cell for table in tables for cell, count in table.items() if 0 < count < 5}
    assert all(table[cell] is None for table in shown for cell in small & table.keys())
    assert not computed_by_whoever_subtracts(*shown) & small
    first, second = ({cell.row for cell in table if cell.column == TOTAL and table[cell] is None} for table in shown)
    assert first == second


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_nobody_who_subtracts_finds_a_small_count(table: dict[Cell, int]) -> None:
    shown = published(table)
    small = {cell for cell, count in table.items() if 0 < count < 5}
    assert all(shown[cell] is None for cell in small)
    assert not computed_by_whoever_subtracts(shown) & small


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_what_is_shown_is_true(table: dict[Cell, int]) -> None:
    assert all(count in (None, table[cell]) for cell, count in published(table).items())


@given(TABLES)
def test_a_table_without_small_counts_is_shown_whole(table: dict[Cell, int]) -> None:
    if not any(0 < count < 5 for count in table.values()):
        assert not hidden(table)


def test_one_small_count_takes_another_with_it_in_its_row_and_its_column() -> None:
    counts = {Cell(row, column): 20 for row in ROWS for column in COLUMNS} | {Cell("09", "X"): 2}
    secret = hidden(with_margins(counts, ROWS, COLUMNS))
    assert Cell("09", "X") in secret
    assert len([cell for cell in secret if cell.row == "09"]) >= 2
    assert len([cell for cell in secret if cell.column == "X"]) >= 2
    assert len(secret) <= 4


def test_the_attacker_of_this_test_does_find_what_is_hidden_alone() -> None:
    table = with_margins({Cell("31", "F"): 3, Cell("31", "M"): 20, Cell("09", "F"): 20}, ROWS, COLUMNS)
    careless: dict[Cell, int | None] = {cell: None if 0 < count < 5 else count for cell, count in table.items()}
    assert Cell("31", "F") in computed_by_whoever_subtracts(careless)


def test_nothing_is_no_secret() -> None:
    assert not hidden(with_margins({}, ROWS, COLUMNS))
